import { describe, expect, it } from "vitest";
import {
  atLeast,
  cropAround,
  fitRect,
  fitWithin,
  intersection,
  keepInSight,
  MAX_SCALE,
  normalised,
  rotatedCorners,
  toImage,
  toScreen,
  union,
  wheelFactor,
  zoomAt,
} from "./geometry";

const view = { scale: 1.7, x: 31, y: -12 };

describe("view", () => {
  it("maps there and back", () => {
    const back = toImage(view, toScreen(view, { x: 12.25, y: 640.5 }));
    expect(back.x).toBeCloseTo(12.25, 10);
    expect(back.y).toBeCloseTo(640.5, 10);
  });
  it("keeps the point under the cursor when zooming", () => {
    const at = { x: 200, y: 300 };
    const before = toImage(view, at);
    for (const factor of [0.5, 1.1, 3]) {
      const after = toImage(zoomAt(view, at, factor), at);
      expect(after.x).toBeCloseTo(before.x, 9);
      expect(after.y).toBeCloseTo(before.y, 9);
    }
  });
  it("stops at the largest scale without moving", () => {
    const most = zoomAt(view, { x: 5, y: 5 }, 1e9);
    expect(most.scale).toBe(MAX_SCALE);
    expect(zoomAt(most, { x: 400, y: 2 }, 2)).toEqual(most);
  });
  it("fits and centres", () => {
    const fitted = fitRect({ x: 0, y: 0, width: 640, height: 480 }, { width: 672, height: 800 }, 16);
    expect(fitted).toEqual({ scale: 1, x: 16, y: 160 });
  });
  it("centres on the anchor where the whole would be too small to read", () => {
    const far = fitWithin(
      { width: 9000, height: 100 },
      { width: 500, height: 400 },
      { most: 1, least: 0.8, anchor: { x: 4000, y: 50 } },
    );
    expect(toScreen(far, { x: 4000, y: 50 })).toEqual({ x: 250, y: 200 });
    expect(far.scale).toBe(0.8);
    expect(fitWithin({ width: 100, height: 100 }, { width: 500, height: 400 }, { most: 1, least: 0.8 }).scale).toBe(1);
  });
  it("survives a rectangle without area", () => {
    const fitted = fitRect({ x: 10, y: 10, width: 0, height: 0 }, { width: 100, height: 100 });
    expect(fitted.scale).toBe(MAX_SCALE);
  });
  it("never loses the image", () => {
    const lost = keepInSight({ scale: 1, x: 9999, y: -9999 }, { width: 100, height: 100 }, { width: 500, height: 400 });
    expect(lost).toEqual({ scale: 1, x: 452, y: -52 });
  });
  it("zooms in when the wheel goes up, alike for lines and pixels", () => {
    expect(wheelFactor(-100, 0)).toBeGreaterThan(1);
    expect(wheelFactor(100, 0)).toBeLessThan(1);
    expect(wheelFactor(3, 1)).toBe(wheelFactor(48, 0));
    expect(wheelFactor(1e9, 0)).toBeGreaterThan(0.5);
  });
});

describe("rectangles", () => {
  it("turns negative sides round", () => {
    expect(normalised({ x: 10, y: 10, width: -4, height: 2 })).toEqual({ x: 6, y: 10, width: 4, height: 2 });
  });
  it("grows about its centre", () => {
    expect(atLeast({ x: 10, y: 10, width: 0, height: 50 }, 40)).toEqual({ x: -10, y: 10, width: 40, height: 50 });
  });
  it("unites", () => {
    const a = { x: 0, y: 0, width: 2, height: 2 };
    expect(union([a, { x: 5, y: 1, width: 1, height: 4 }])).toEqual({ x: 0, y: 0, width: 6, height: 5 });
    expect(union([])).toBeNull();
  });
  it("crops within the image, around the subject", () => {
    const image = { width: 640, height: 480 };
    for (const subject of [
      { x: 0, y: 0, width: 10, height: 10 },
      { x: 630, y: 470, width: 10, height: 10 },
      { x: 300, y: 200, width: 0, height: 0 },
      { x: 0, y: 0, width: 640, height: 480 },
    ]) {
      const crop = cropAround(subject, image);
      expect(crop.x).toBeGreaterThanOrEqual(0);
      expect(crop.y).toBeGreaterThanOrEqual(0);
      expect(crop.x + crop.width).toBeLessThanOrEqual(640);
      expect(crop.y + crop.height).toBeLessThanOrEqual(480);
      expect(crop.x).toBeLessThanOrEqual(subject.x);
      expect(crop.x + crop.width).toBeGreaterThanOrEqual(subject.x + subject.width);
    }
  });
  it("leaves the image only for a subject that does", () => {
    const subject = { x: 600, y: 100, width: 80, height: 20 };
    const crop = cropAround(subject, { width: 640, height: 480 });
    expect(crop.x + crop.width).toBeGreaterThanOrEqual(680);
    expect(intersection(crop, { x: 0, y: 0, width: 640, height: 480 })).toMatchObject({ width: 640 - crop.x });
  });
  it("shares nothing with what lies apart", () => {
    expect(intersection({ x: 0, y: 0, width: 1, height: 1 }, { x: 1, y: 0, width: 1, height: 1 })).toBeNull();
  });
  it("keeps the aspect where the image allows", () => {
    const crop = cropAround({ x: 300, y: 200, width: 20, height: 10 }, { width: 640, height: 480 }, 1.5);
    expect(crop.width / crop.height).toBeCloseTo(1.5, 1);
  });
  it("turns clockwise on the screen", () => {
    const [first] = rotatedCorners(0, 0, 2, 2, 90);
    expect(first?.x).toBeCloseTo(1);
    expect(first?.y).toBeCloseTo(-1);
  });
});
