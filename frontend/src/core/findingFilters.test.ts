import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./filters";
import { type FindingSearch, readFindingSearch, serverFilter, toggledFinding } from "./findingFilters";

describe("findings in the URL", () => {
  it("come back as they were", () => {
    const search: FindingSearch = {
      state: "dismissed",
      rule: ["duplicate-box", "zero-area"],
      severity: ["error"],
      label: ["RBC & co"],
      item: "i1",
      q: "iou",
      decided: "accepted",
      sort: "rule",
    };
    expect(readFindingSearch(parseSearch(stringifySearch({ ...search })))).toEqual(search);
  });
  it("show what is open unless told otherwise, and leave out nonsense", () => {
    expect(readFindingSearch({ state: "open", severity: "fatal", decided: "open", sort: "severity" })).toEqual({});
    expect(serverFilter({})).toEqual({ state: ["open"] });
    expect(serverFilter({ state: "all", rule: ["x"], sort: "item" })).toEqual({ state: [], rule: ["x"] });
  });
  it("toggle", () => {
    const one = toggledFinding({}, "severity", "error");
    expect(one).toEqual({ severity: ["error"] });
    expect(toggledFinding(one, "severity", "error")).toEqual({});
  });
});
