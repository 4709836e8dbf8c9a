import { describe, expect, it } from "vitest";
import {
  gridShape,
  makeTrack,
  onScroll,
  pagesFor,
  rowWindow,
  type ScrollState,
  scrollTopOf,
  topOf,
  topToReveal,
} from "./grid";

describe("gridShape", () => {
  it("fills the width with whole tiles", () => {
    const shape = gridShape(1000, 1000, 190, 8, 24);
    expect(shape.columns).toBe(5);
    expect(shape.tileWidth * 5 + 8 * 4).toBeLessThanOrEqual(1000);
    expect(shape.rows).toBe(200);
  });
  it("never has fewer than one column", () => {
    expect(gridShape(3, 50, 400, 8, 24)).toMatchObject({ columns: 1, rows: 3 });
  });
  it("has no rows without items", () => {
    expect(gridShape(0, 1000, 190, 8, 24).rows).toBe(0);
  });
});

describe("a list that fits the browser's limit", () => {
  const track = makeTrack(100, 50, 600);
  it("is scrolled by the browser alone", () => {
    expect(onScroll(track, { scrollTop: 0, top: 0 }, 1234)).toEqual({ scrollTop: 1234, top: 1234 });
  });
  it("places rows where they are", () => {
    expect(rowWindow(track, { scrollTop: 1000, top: 1000 }, 50, 100, 2)).toEqual({ first: 18, last: 34, offset: 900 });
  });
});

describe("a list of 200,000 rows of 180 px on a track of 8 million px", () => {
  const rows = 200_000;
  const height = 180;
  const track = makeTrack(rows, height, 800);
  const maxScroll = track.track - 800;

  it("maps the ends of the track to the ends of the list", () => {
    expect(topOf(track, 0)).toBe(0);
    expect(topOf(track, maxScroll)).toBe(rows * height - 800);
    const end = rowWindow(track, { scrollTop: maxScroll, top: topOf(track, maxScroll) }, height, rows, 1);
    expect(end.last).toBe(rows);
    expect(end.offset + (end.last - end.first) * height).toBe(track.track);
  });
  it("moves pixel for pixel on a small scroll", () => {
    const before: ScrollState = { scrollTop: 4_000_000, top: topOf(track, 4_000_000) };
    const after = onScroll(track, before, 4_000_100);
    expect(after.top - before.top).toBe(100);
  });
  it("jumps in proportion on a long one", () => {
    expect(onScroll(track, { scrollTop: 0, top: 0 }, 4_000_000).top).toBe(topOf(track, 4_000_000));
  });
  it("can reach every row by small scrolls, down and up again, never stuck at the track's ends", () => {
    const small = makeTrack(2000, 100, 500, 10_000);
    let state: ScrollState = { scrollTop: 0, top: 0 };
    for (let i = 0; i < 1000 && state.top < small.content - 500; i++) {
      state = onScroll(small, state, Math.min(state.scrollTop + 240, small.track - 500));
    }
    expect(state.top).toBe(small.content - 500);
    for (let i = 0; i < 1000 && state.top > 0; i++) state = onScroll(small, state, Math.max(0, state.scrollTop - 240));
    expect(state.top).toBe(0);
  });
  it("draws a row in the viewport wherever it is scrolled to", () => {
    for (const scrollTop of [0, 1, 799, 123_456, 4_000_000, maxScroll - 1, maxScroll]) {
      const state = { scrollTop, top: topOf(track, scrollTop) };
      const window = rowWindow(track, state, height, rows, 0);
      expect(window.offset).toBeLessThanOrEqual(scrollTop + 1);
      expect(window.offset + (window.last - window.first) * height).toBeGreaterThanOrEqual(scrollTop + 800 - 1);
    }
  });
  it("finds the scroll position of a place", () => {
    expect(Math.abs(topOf(track, scrollTopOf(track, 9_000_000)) - 9_000_000)).toBeLessThan(height);
  });
});

describe("topToReveal", () => {
  const track = makeTrack(100, 50, 600);
  it("keeps still when the row is in sight", () => {
    expect(topToReveal(track, 100, 5, 50)).toBe(100);
  });
  it("puts a row that is taller than the view at its top", () => {
    expect(topToReveal(makeTrack(100, 50, -20), 0, 0, 50)).toBe(0);
  });
  it("goes up and down no farther than needed", () => {
    expect(topToReveal(track, 500, 2, 50)).toBe(100);
    expect(topToReveal(track, 0, 20, 50)).toBe(450);
  });
});

describe("pagesFor", () => {
  it("names each page that is touched", () => {
    expect(pagesFor(0, 100, 100)).toEqual([0]);
    expect(pagesFor(99, 101, 100)).toEqual([0, 1]);
    expect(pagesFor(250, 600, 100)).toEqual([2, 3, 4, 5]);
    expect(pagesFor(5, 5, 100)).toEqual([]);
  });
});
