import { describe, expect, it } from "vitest";
import { segments } from "./text";

const cut = (text: string, ...spans: [string, number, number][]) =>
  segments(
    text,
    spans.map(([id, start, end]) => ({ id, start, end })),
  ).map((s) => `${s.text}[${s.spans.join()}]`);

describe("segments", () => {
  it("is the text itself without spans", () => {
    expect(cut("hello")).toEqual(["hello[]"]);
    expect(cut("")).toEqual([]);
  });
  it("counts code points, not UTF-16 units", () => {
    expect(cut("😀 Ann", ["p", 2, 5])).toEqual(["😀 []", "Ann[p]"]);
  });
  it("cuts overlaps", () => {
    expect(cut("abcdef", ["x", 0, 4], ["y", 2, 6])).toEqual(["ab[x]", "cd[x,y]", "ef[y]"]);
  });
  it("clips what lies outside", () => {
    expect(cut("abc", ["x", -5, 2], ["y", 2, 99], ["z", 50, 60], ["e", 1, 1])).toEqual(["ab[x]", "c[y]"]);
  });
  it("always gives the whole text back", () => {
    const text = "a😀b\nc<script>";
    expect(
      segments(text, [{ id: "q", start: 1, end: 3 }])
        .map((s) => s.text)
        .join(""),
    ).toBe(text);
  });
});
