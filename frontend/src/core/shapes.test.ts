import { describe, expect, it } from "vitest";
import { boxOf, declaredBox, draw, isFlat, placeOf } from "./shapes";

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
    ).toMatchObject({
      d: "M0 0L1 1",
      closed: false,
    });
    const turned = { type: "rotated_box", center_x: 2, center_y: 2, width: 2, height: 2, angle: 0 };
    expect(draw({ box: null, geometry: turned })?.d).toBe("M1 1L3 1L3 3L1 3Z");
  });
  it("joins labelled joints by bones, and tells hidden ones apart", () => {
    const points = [
      [0, 0, 2],
      [10, 0, 1],
      [20, 0, 0],
    ];
    const bones = [
      [0, 1],
      [1, 2],
      [2, 99],
    ];
    const drawn = draw({ box: null, geometry: { type: "keypoints", points } }, bones);
    expect(drawn?.d).toBe("M0 0L10 0");
    expect(drawn?.dots?.match(/M/g)).toHaveLength(1);
    expect(drawn?.hollow?.match(/M/g)).toHaveLength(1);
  });
  it("shows which side of a turned box is its front", () => {
    const turned = { type: "rotated_box", center_x: 2, center_y: 2, width: 2, height: 2, angle: 90 };
    expect(draw({ box: null, geometry: turned })?.lines).toBe("M2 2L2 3");
  });
  it("leaves out joints that are not labelled", () => {
    const joints = {
      type: "keypoints",
      points: [
        [5, 5, 2],
        [0, 0, 0],
      ],
    };
    expect(draw({ box: null, geometry: joints })?.dots?.match(/M/g)).toHaveLength(1);
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

describe("declared boxes", () => {
  const joints = {
    type: "keypoints",
    points: [
      [10, 10, 2],
      [30, 50, 1],
      [0, 0, 0],
    ],
  };
  it("are told where they are not around the shape", () => {
    expect(declaredBox({ box: [10, 10, 20, 40.5], geometry: joints })).toBeNull();
    expect(declaredBox({ box: [100, 10, 20, 40], geometry: joints })).toEqual({ x: 100, y: 10, width: 20, height: 40 });
    expect(declaredBox({ box: [1, 2, 3, 4], geometry: null })).toBeNull();
  });
  it("and the shape are both shown", () => {
    expect(placeOf({ box: [100, 10, 20, 40], geometry: joints })).toEqual({ x: 10, y: 10, width: 110, height: 40 });
    const ring = [
      [-1.5e-7, 0],
      [4, 0],
      [4, 4],
    ];
    const polygon = { type: "polygon", parts: [[ring]] };
    expect(placeOf({ box: null, geometry: polygon })).toEqual({ x: -1.5e-7, y: 0, width: 4 + 1.5e-7, height: 4 });
  });
});
