import { describe, expect, it } from "vitest";
import { nameOf, parentOf } from "./SourceBrowser";

describe("parentOf", () => {
  it("goes up, and from a root to the list of roots", () => {
    const roots = ["/data", "/other"];
    expect(parentOf("/data/cells/images/", roots)).toBe("/data/cells");
    expect(parentOf("/data/cells", roots)).toBe("/data");
    expect(parentOf("/data", roots)).toBe("");
    expect(parentOf("/database/x", roots)).toBe("");
    expect(parentOf("relative", roots)).toBe("");
  });
});

describe("nameOf", () => {
  it("is the last part, without an archive's ending", () => {
    expect(["/data/cells/", "/data/cells.tar.gz", "a.b.ZIP", ""].map(nameOf)).toEqual(["cells", "cells", "a.b", ""]);
  });
});
