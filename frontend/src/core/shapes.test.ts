import { describe, expect, it } from "vitest";
import { boxOf, draw, isFlat, maskPath } from "./shapes";

/** Fills a mask's path by the nonzero rule on pixel centres: bars never overlap, so containment is enough. */
function pixels(path: string): Set<string> {
  const filled = new Set<string>();
  for (const [, x, y, w, h] of path.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z/g)) {
    for (let i = 0; i < Number(w); i++) {
      for (let j = 0; j < Number(h); j++) filled.add(`${Number(x) + i},${Number(y) + j}`);
    }
  }
  return filled;
}

function decoded(height: number, counts: number[]): Set<string> {
  const filled = new Set<string>();
  let at = 0;
  counts.forEach((run, index) => {
    for (let i = 0; i < run; i++, at++) if (index % 2) filled.add(`${Math.floor(at / height)},${at % height}`);
  });
  return filled;
}

describe("masks", () => {
  it("cover exactly the pixels of the run lengths", () => {
    for (const [height, counts] of [
      [4, [2, 3, 5, 6]],
      [3, [0, 9]],
      [5, [1, 1, 1, 13, 4]],
      [1, [3, 2, 1]],
    ] as [number, number[]][]) {
      expect(pixels(maskPath(height, counts))).toEqual(decoded(height, counts));
    }
  });
  it("join whole columns", () => {
    expect(maskPath(4, [4, 8, 4])).toBe("M1 0h2v4h-2Z");
  });
});

describe("draw", () => {
  it("draws boxes, polygons with holes, lines and turned boxes", () => {
    expect(draw({ box: [1, 2, 3, 4], geometry: null })).toEqual({ d: "M1 2h3v4h-3Z", closed: true });
    const ring = [
      [0, 0],
      [4, 0],
      [4, 4],
    ];
    expect(draw({ box: null, geometry: { type: "polygon", parts: [[ring, ring]] } })?.d).toBe(
      "M0 0L4 0L4 4ZM0 0L4 0L4 4Z",
    );
    expect(
      draw({
        box: null,
        geometry: {
          type: "polyline",
          points: [
            [0, 0],
            [1, 1],
          ],
        },
      }),
    ).toEqual({
      d: "M0 0L1 1",
      closed: false,
    });
    const turned = { type: "rotated_box", center_x: 2, center_y: 2, width: 2, height: 2, angle: 0 };
    expect(draw({ box: null, geometry: turned })?.d).toBe("M1 1L3 1L3 3L1 3Z");
  });
  it("leaves out joints that are not labelled", () => {
    const joints = {
      type: "keypoints",
      points: [
        [5, 5, 2],
        [0, 0, 0],
      ],
    };
    expect(draw({ box: null, geometry: joints })?.d.match(/M/g)).toHaveLength(1);
  });
  it("draws nothing for malformed or placeless geometry", () => {
    for (const geometry of [
      { type: "category" },
      { type: "constructor" },
      { type: "polygon", parts: "x" },
      7,
      "<svg>",
    ]) {
      expect(draw({ box: null, geometry })).toBeNull();
    }
    expect(boxOf({ box: [1, Number.NaN, 2, 3], geometry: null })).toBeNull();
  });
  it("falls back to the declared box", () => {
    expect(draw({ box: [0, 0, 1, 1], geometry: { type: "polygon", parts: [] } })?.d).toBe("M0 0h1v1h-1Z");
  });
  it("sees boxes without area", () => {
    expect(isFlat({ x: 1, y: 1, width: 0, height: 5 })).toBe(true);
    expect(isFlat({ x: 1, y: 1, width: 1, height: 5 })).toBe(false);
  });
});
