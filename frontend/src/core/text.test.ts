import { describe, expect, it } from "vitest";
import { excerptAround, excerptOf, lanes, segments, visible } from "./text";

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

describe("lanes", () => {
  it("keeps spans that overlap apart, the longer one nearer to the text", () => {
    const spans = [
      { id: "short", start: 0, end: 3 },
      { id: "long", start: 0, end: 9 },
      { id: "after", start: 3, end: 5 },
      { id: "free", start: 9, end: 12 },
    ];
    expect(Object.fromEntries(lanes(spans))).toEqual({ long: 0, short: 1, after: 1, free: 0 });
  });
});

describe("excerptAround", () => {
  it("gives a short text whole", () => {
    expect(excerptAround("abc", 1, 2, 10)).toEqual({ text: "abc", offset: 0, cutBefore: false, cutAfter: false });
  });
  it("keeps the place in the middle of a long one, counted in code points", () => {
    const text = `${"😀".repeat(50)}HERE${"x".repeat(50)}`;
    const shown = excerptAround(text, 50, 54, 10);
    expect(shown).toEqual({ text: "😀😀😀HERExxx", offset: 47, cutBefore: true, cutAfter: true });
  });
  it("stays inside the text at both ends, whatever the place", () => {
    expect(excerptAround("abcdefghij", 0, 1, 4).text).toBe("abcd");
    expect(excerptAround("abcdefghij", 99, 120, 4).text).toBe("ghij");
    expect(excerptAround("abcdefghij", -5, -2, 4).text).toBe("abcd");
  });
});

describe("visible", () => {
  it("names what cannot be seen", () => {
    expect(["\u200b", "\u0007", "\u202e", "\ufffd"].map(visible)).toEqual(["U+200B", "U+0007", "U+202E", "U+FFFD"]);
    expect(["a", "\n", " ", "é", "😀", "א"].map(visible)).toEqual([null, null, null, null, null, null]);
  });
});

describe("excerptOf", () => {
  it("counts code points and takes no nonsense", () => {
    expect(excerptOf("😀 Ann", 2, 5)).toBe("Ann");
    expect(excerptOf("abc", "0", 2)).toBe("");
    expect(excerptOf("abc", -4, 2)).toBe("ab");
  });
});
