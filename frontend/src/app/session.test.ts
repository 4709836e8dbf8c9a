import { describe, expect, it } from "vitest";
import { safeNext, tokenOf } from "./session";

describe("safeNext", () => {
  it("stays in the application", () => {
    expect(safeNext("/datasets/bccd?label=RBC")).toBe("/datasets/bccd?label=RBC");
    for (const next of ["//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "/login", "", 7]) {
      expect(safeNext(next)).toBe("/");
    }
  });
});

describe("tokenOf", () => {
  it("reads the fragment", () => {
    expect(tokenOf("#token=abc-_1")).toBe("abc-_1");
    expect(tokenOf("")).toBeNull();
    expect(tokenOf("#other=1")).toBeNull();
  });
});
