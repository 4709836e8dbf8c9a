import { describe, expect, it } from "vitest";
import { clock, placeWords, secondsOf, spokenName } from "./describe";

const of = (kind: string, geometry: unknown = null, box: number[] | null = null) => ({
  label: "x",
  kind,
  geometry,
  box,
});

describe("placeWords", () => {
  it("says what each kind covers", () => {
    const ring = [
      [0, 0],
      [1, 0],
      [1, 1],
    ];
    const words = [
      placeWords(of("box", null, [1, 2, 3.25, 4]), null),
      placeWords(of("rotated_box", { angle: 25.04 }, [0, 0, 1, 1]), null),
      placeWords(of("polygon", { parts: [[ring, ring], [ring]] }), null),
      placeWords(of("polyline", { points: ring }), null),
      placeWords(
        of("keypoints", {
          points: [
            [0, 0, 2],
            [0, 0, 1],
            [0, 0, 0],
          ],
        }),
        null,
      ),
      placeWords(of("multi_category", { labels: ["a", "b"] }), null),
      placeWords(of("cuboid", {}), null),
      placeWords(of("span", { start: 2, end: 5 }), "😀 Ann"),
      placeWords(of("audio_segment", { start: 0.5, end: 62 }), null),
      placeWords(of("transcript", { text: "hello", start: null, end: null }), null),
    ];
    expect(words).toEqual([
      "1, 2 · 3.3 × 4",
      "turned by 25° · 0, 0 · 1 × 1",
      "9 points, 2 parts, 1 hole",
      "a line of 3 points",
      "2 of 3 joints, 1 hidden",
      "a, b",
      "a box in space, which cannot be drawn here",
      "Ann",
      "0:00.50 – 1:02.00",
      "hello (the whole sound)",
    ]);
  });
  it("takes malformed geometry", () => {
    for (const kind of ["polygon", "keypoints", "span", "mask", "constructor", "rotated_box"]) {
      expect(typeof placeWords(of(kind, { parts: "x", points: 7, start: "a" }), null)).toBe("string");
    }
    expect(secondsOf(of("audio_segment", { start: "0", end: 1 }))).toBeNull();
  });
});

describe("clock", () => {
  it("is read as on players", () => {
    expect([0, 4.2, 59.999, 62, 3723.4, -1, Number.NaN].map(clock)).toEqual([
      "0:00.00",
      "0:04.20",
      "1:00.00",
      "1:02.00",
      "1:02:03",
      "−0:01.00",
      "–",
    ]);
  });
});

describe("spokenName", () => {
  it("names label, kind and place", () => {
    expect(spokenName(of("box", null, [1, 2, 3, 4]))).toBe("x, box at 1, 2, 3 by 4");
    expect(spokenName(of("span", { start: 0, end: 2 }), "abc")).toBe("x, span: ab");
    expect(spokenName(of("category"))).toBe("x, category");
  });
});
