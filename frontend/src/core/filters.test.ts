import { describe, expect, it } from "vitest";
import {
  active,
  cleared,
  type Filters,
  parseSearch,
  readFilters,
  stringifySearch,
  toggled,
  valuesOf,
  writeFilters,
} from "./filters";

const roundTrip = (filters: Filters) => readFilters(parseSearch(stringifySearch(writeFilters(filters))));

describe("URL state", () => {
  const full: Filters = {
    label: ["RBC", "a&b=c", "ünï <b>"],
    split: ["train"],
    rule: ["duplicate-box"],
    kind: ["image"],
    meta: { site: ["Ward 3", "x"], "deep.key": ["1"] },
    q: "BloodImage 1",
    sort: "meta.site",
    order: "desc",
    version: 3,
  };
  it("comes back as it was", () => {
    expect(roundTrip(full)).toEqual(full);
    expect(roundTrip({})).toEqual({});
  });
  it("is repeatable parameters, as the API takes them", () => {
    expect(stringifySearch(writeFilters({ label: ["a", "b"], meta: { k: ["v"] } }))).toBe("?label=a&label=b&meta.k=v");
    expect(stringifySearch({})).toBe("");
  });
  it("keeps digits as text and leaves out nonsense", () => {
    expect(readFilters(parseSearch("?label=1&version=x&order=up&sort=password&q=%20"))).toEqual({ label: ["1"] });
    expect(readFilters(parseSearch("?version=-2"))).toEqual({});
    expect(readFilters(parseSearch("?version=1.5"))).toEqual({});
  });
  it("does not fall for names of the prototype", () => {
    expect(readFilters(parseSearch("?__proto__=x&constructor=y&meta.__proto__=z"))).toMatchObject({});
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("changing", () => {
  it("toggles a value of a field and of a metadata key", () => {
    const one = toggled({}, "label", "RBC");
    expect(one.label).toEqual(["RBC"]);
    expect(writeFilters(toggled(one, "label", "RBC"))).toEqual({});
    const meta = toggled(one, "meta.site", "a");
    expect(valuesOf(meta, "meta.site")).toEqual(["a"]);
    expect(meta.label).toEqual(["RBC"]);
    expect(writeFilters(toggled(meta, "meta.site", "a"))).toEqual({ label: ["RBC"] });
  });
  it("lists what narrows, and clears it but not the order or the version", () => {
    const filters: Filters = { label: ["a", "b"], meta: { k: ["v"] }, q: "x", sort: "name", version: 2 };
    expect(active(filters).map((chip) => `${chip.field}=${chip.value}`)).toEqual([
      "label=a",
      "label=b",
      "meta.k=v",
      "q=x",
    ]);
    expect(writeFilters(cleared(filters))).toEqual({ sort: "name", version: 2 });
  });
});
