import { describe, expect, it } from "vitest";
import { maskPath } from "./masks";

/** The pixels whose centres lie inside a path of rings, by counting the edges to their left (even-odd). */
function pixels(path: string, width: number, height: number): string[] {
  const rings = path
    .split("Z")
    .filter(Boolean)
    .map((ring) => [...ring.matchAll(/[ML](\d+) (\d+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const));
  const inside = (x: number, y: number) =>
    rings.reduce((crossings, ring) => {
      const edges = ring.map((a, k) => [a, ring[(k + 1) % ring.length] ?? a] as const);
      return crossings + edges.filter(([a, b]) => a[0] === b[0] && a[0] < x && a[1] > y !== b[1] > y).length;
    }, 0) %
      2 ===
    1;
  const found: string[] = [];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) if (inside(x + 0.5, y + 0.5)) found.push(`${x},${y}`);
  }
  return found;
}

function decoded(height: number, counts: readonly number[]): string[] {
  const found: string[] = [];
  let at = 0;
  counts.forEach((run, index) => {
    for (let i = 0; i < run; i++, at++) if (index % 2) found.push(`${Math.floor(at / height)},${at % height}`);
  });
  return found;
}

/** A generator of the same numbers each time (Lehmer's). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

describe("maskPath", () => {
  it("outlines exactly the pixels of the run lengths", () => {
    const random = numbers(11);
    for (let trial = 0; trial < 200; trial++) {
      const [width, height] = [1 + Math.floor(random() * 9), 1 + Math.floor(random() * 9)];
      const counts: number[] = [];
      for (let left = width * height; left > 0; ) {
        const run = Math.min(left, Math.floor(random() * 7));
        counts.push(run);
        left -= run;
      }
      expect(pixels(maskPath(height, counts), width, height), `${width} x ${height}: ${counts}`).toEqual(
        decoded(height, counts),
      );
    }
  });
  it("has as few corners as the shape", () => {
    expect(maskPath(4, [4, 8, 4])).toMatch(/^M\d 0(L\d \d){3}Z$/);
  });
  it("draws a hole as a ring of its own", () => {
    const hole = [0, 4, 1, 2, 1, 4];
    expect(maskPath(4, hole).match(/M/g)?.length).toBeGreaterThan(0);
    expect(pixels(maskPath(3, [0, 4, 1, 4]), 3, 3)).toHaveLength(8);
    expect(maskPath(3, [0, 4, 1, 4]).match(/M/g)).toHaveLength(2);
  });
  it("takes no nonsense, and gives up on noise", () => {
    expect(maskPath(0, [1, 2])).toBe("");
    expect(maskPath(Number.NaN, [1, 2])).toBe("");
    expect(maskPath(4, [Number.NaN, -3, 2, Number.NaN])).toBe("");
    expect(maskPath(1000, Array(600_000).fill(1))).toBe("");
  });
});
