import { describe, expect, it } from "vitest";
import { problemsOf } from "./problems";

describe("problemsOf", () => {
  it("takes those that an import left out", () => {
    const problems = [{ where: "a.txt:3", what: "is no number", remedy: "give a number" }, "nonsense"];
    expect(problemsOf({ state: "succeeded", log: [], result: { problems } })).toEqual(problems.slice(0, 1));
  });
  it("reads those of the last attempt that failed from the log", () => {
    const log = [
      "attempt 1 of 2 failed: first",
      "old.txt:1: gone by now",
      "attempt 2 of 2 failed: the folder has 2 problems",
      "a.txt:3: class 7 (of 3) is unknown (use 0 to 2)",
      "no place",
    ];
    expect(problemsOf({ state: "failed", log, result: null })).toEqual([
      { where: "a.txt:3", what: "class 7 (of 3) is unknown", remedy: "use 0 to 2" },
      { where: "", what: "no place", remedy: "" },
    ]);
    expect(problemsOf({ state: "running", log, result: null })).toEqual([]);
  });
});
