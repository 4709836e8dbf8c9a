import { describe, expect, it } from "vitest";
import { soundMarks, textMarks } from "./evidence";
import { clippedPath, inLanes, ticks, wavePath } from "./wave";

describe("waves", () => {
  it("are one closed outline, a thin line where silent", () => {
    expect(wavePath({ duration: 1, low: [-10, 0], high: [20, 0] })).toBe(
      "M0 107L0 107L1 107L1 125.5L2 125.5L2 127L1 127L1 137L0 137Z",
    );
    expect(wavePath({ duration: 0, low: [], high: [] })).toBe("");
  });
  it("mark full scale", () => {
    expect(clippedPath({ duration: 1, low: [0, -127, 0], high: [127, 0, 126] })).toBe("M0 0h1v254h-1ZM1 0h1v254h-1Z");
  });
  it("have round ticks", () => {
    expect(ticks(12, 6)).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect(ticks(7200, 4)).toEqual([0, 1800, 3600, 5400, 7200]);
    expect(ticks(0, 4)).toEqual([]);
    expect(ticks(90_000, 5).length).toBeLessThanOrEqual(6);
  });
  it("put what overlaps in lanes, inside the sound", () => {
    const placed = inLanes(
      [
        { one: { id: "a" }, start: 0, end: 2 },
        { one: { id: "b" }, start: 1, end: 30 },
        { one: { id: "c" }, start: 50, end: 60 },
      ],
      10,
    );
    expect(placed.map(({ lane }) => lane)).toEqual([0, 1, 0]);
    expect(placed[1]?.end).toBe(10);
    expect(placed[2]?.start).toBeLessThan(10);
    expect(placed[2]?.end).toBeLessThanOrEqual(10);
  });
});

describe("evidence", () => {
  it("lies in texts", () => {
    expect(textMarks({ places: [3, "x", 7], count: 2 }).map(({ start, end }) => [start, end])).toEqual([
      [3, 4],
      [7, 8],
    ]);
    expect(textMarks({ start: 2, end: 5 })).toEqual([{ id: "range", start: 2, end: 5 }]);
    expect(textMarks({ start: 5, end: 5, places: "no" })).toEqual([]);
  });
  it("lies in sounds", () => {
    expect(soundMarks({ before: 2.5, after: 2 }, 7).map(({ start, end }) => [start, end])).toEqual([
      [0, 2.5],
      [5, 7],
    ]);
    expect(soundMarks({ before: 0, after: null }, 7)).toEqual([]);
  });
});
