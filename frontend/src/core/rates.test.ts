import { describe, expect, it } from "vitest";
import { intervalWords, rateRows, shareWords } from "./rates";

const some = { accepted: 3, dismissed: 2, share: 0.4, low: 0.1176, high: 0.7693 };

describe("rates in words", () => {
  it("say the share and where it lies", () => {
    expect(shareWords(some)).toBe("40 % false alarms");
    expect(intervalWords(some)).toBe("12 to 77 %");
  });

  it("say nothing of nothing", () => {
    expect(shareWords({ share: null })).toBe("");
    expect(intervalWords({ low: 0, high: 1 })).toBe("0 to 100 %");
  });
});

describe("rateRows", () => {
  it("puts the labels of a dataset below it, each with the dataset", () => {
    const rows = rateRows([
      { ...some, dataset: "a", labels: [{ ...some, label: "car" }] },
      { ...some, dataset: "b", labels: [] },
    ]);
    expect(rows.map(({ dataset, label }) => [dataset, label])).toEqual([
      ["a", undefined],
      ["a", "car"],
      ["b", undefined],
    ]);
    expect(rows[0]).not.toHaveProperty("labels");
  });
});
