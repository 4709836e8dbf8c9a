import { describe, expect, it } from "vitest";
import {
  ago,
  compact,
  count,
  decimal,
  duration,
  elapsed,
  percent,
  plural,
  sentence,
  shorten,
  title,
  value,
  when,
} from "./format";

describe("numbers", () => {
  it("groups thousands and agrees with its noun", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect(plural(1, "box", "boxes")).toBe("1 box");
    expect(plural(2000, "item")).toBe("2,000 items");
  });
  it("is short in narrow places", () => {
    expect([0, 999, 1000, 9949, 9951, 34_400, 999_400, 1_000_000, 5.1e9].map(compact)).toEqual([
      "0",
      "999",
      "1.0k",
      "9.9k",
      "10k",
      "34k",
      "999k",
      "1.0M",
      "5.1G",
    ]);
  });
  it("drops trailing zeros and shows what is no number", () => {
    expect(decimal(12.5)).toBe("12.5");
    expect(decimal(3)).toBe("3");
    expect(decimal(Number.NaN)).toBe("–");
  });
  it("never rounds something to nothing or to all", () => {
    expect(percent(1, 1000)).toBe("< 1 %");
    expect(percent(999, 1000)).toBe("> 99 %");
    expect(percent(1, 2)).toBe("50 %");
    expect(percent(0, 0)).toBe("0 %");
  });
});

describe("time", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  it("tells how long", () => {
    expect([0.2, 3.14, 42, 90, 600, 3600, 5400, 90_000].map(duration)).toEqual([
      "200 ms",
      "3.1 s",
      "42 s",
      "1 min 30 s",
      "10 min",
      "1 h",
      "1 h 30 min",
      "1 d 1 h",
    ]);
  });
  it("tells how long ago", () => {
    expect(ago("2026-03-10T11:59:50Z", now)).toBe("just now");
    expect(ago("2026-03-10T11:55:00Z", now)).toBe("5 minutes ago");
    expect(ago("2026-03-09T11:00:00Z", now)).toBe("yesterday");
    expect(ago("2025-12-24T11:00:00Z", now)).toBe("2025-12-24");
    expect(ago("nonsense", now)).toBe("");
  });
  it("measures what runs until now", () => {
    expect(elapsed("2026-03-10T11:59:00Z", null, now)).toBe(60);
    expect(elapsed(null, null, now)).toBeNull();
  });
});

describe("names", () => {
  it("keeps the end of a long one", () => {
    expect(shorten("images/train/BloodImage_00001.jpg", 16)).toBe("images…00001.jpg");
    expect(shorten("short.jpg", 16)).toBe("short.jpg");
    expect(Array.from(shorten("😀".repeat(40), 10))).toHaveLength(10);
  });
  it("reads as words", () => {
    expect(title("near-duplicate-image")).toBe("Near duplicate image");
  });
  it("prints any JSON on one line", () => {
    expect([null, true, 2.123456, [1, "a"], [], { a: 1, b: "x" }, { a: { b: 1 } }].map(value)).toEqual([
      "–",
      "yes",
      "2.1235",
      "1, a",
      "none",
      "a 1, b x",
      '{"a":{"b":1}}',
    ]);
  });
  it("begins a sentence large", () => {
    expect(sentence("there is no dataset")).toBe("There is no dataset");
    expect(sentence("")).toBe("");
  });
  it("tells local time", () => {
    expect(when("2026-03-10T12:00:05Z")).toMatch(/^2026-03-1\d \d\d:\d\d:05$/);
    expect([when(null), when("x")]).toEqual(["–", "–"]);
  });
});
