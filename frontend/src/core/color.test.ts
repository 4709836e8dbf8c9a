import { describe, expect, it } from "vitest";
import { isColor, labelColors, PALETTE } from "./color";

describe("isColor", () => {
  it("takes hexadecimal colours only", () => {
    expect(["#fff", "#A1b2C3"].every(isColor)).toBe(true);
    const hostile = [
      "red",
      "url(https://x.test)",
      "#ff",
      "#fffffff",
      "#fff;background:url(x)",
      "var(--x)",
      "",
      null,
      7,
    ];
    expect(hostile.some(isColor)).toBe(false);
  });
});

describe("labelColors", () => {
  it("uses the taxonomy's colour and replaces what is none", () => {
    const color = labelColors([{ name: "a", color: "#123456" }, { name: "b", color: "url(x)" }, { name: "c" }]);
    expect(color("a")).toBe("#123456");
    expect(color("b")).toBe(PALETTE[1]);
    expect(color("c")).toBe(PALETTE[2]);
  });
  it("gives an unknown label the same colour each time, even one named like a prototype's part", () => {
    const color = labelColors([]);
    expect(color("constructor")).toBe(color("constructor"));
    expect(PALETTE).toContain(color("__proto__"));
  });
});
