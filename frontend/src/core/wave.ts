/** Outlines of sounds as SVG paths, and the lanes of what lies on them. */

import { lanes } from "./text";

export interface Wave {
  duration: number;
  low: readonly number[];
  high: readonly number[];
}

export const FULL_SCALE = 127;

/** The outline in a box of one unit a part and twice `FULL_SCALE` high, as one closed path; a thin line where silent. */
export function wavePath({ low, high }: Wave, least = 1.5): string {
  if (high.length === 0) return "";
  const top = high.map((value, i) => FULL_SCALE - Math.max(value, (low[i] ?? 0) + least));
  const bottom = low.map((value) => FULL_SCALE - value);
  const across = (values: readonly number[]) => values.map((y, x) => `L${x} ${y}L${x + 1} ${y}`).join("");
  const back = bottom.map((y, x) => `L${x + 1} ${y}L${x} ${y}`).reverse();
  return `M0 ${top[0]}${across(top)}${back.join("")}Z`;
}

/** The parts that reach full scale: there a sound may be clipped. */
export function clippedPath({ low, high }: Wave): string {
  return high
    .map((value, x) => (value >= FULL_SCALE || (low[x] ?? 0) <= -FULL_SCALE ? `M${x} 0h1v${2 * FULL_SCALE}h-1Z` : ""))
    .join("");
}

/** Marks of round seconds, at most `most`: a step of 1, 2 or 5 times a power of ten, or of minutes. */
export function ticks(duration: number, most: number): number[] {
  if (!(duration > 0) || most < 1) return [];
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((one) => duration / one <= most) ?? 3600 * Math.ceil(duration / 3600 / most);
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step);
}

export interface Placed<T> {
  one: T;
  lane: number;
  start: number;
  end: number;
}

/** Ranges in lanes, cut to the sound; one without length keeps a little, to be seen. */
export function inLanes<T extends { id: string }>(
  all: readonly { one: T; start: number; end: number }[],
  duration: number,
): Placed<T>[] {
  const lane = lanes(all.map(({ one, start, end }) => ({ id: one.id, start, end })));
  const least = duration / 500;
  return all.map(({ one, start, end }) => {
    const from = Math.min(Math.max(0, start), Math.max(0, duration - least));
    return { one, lane: lane.get(one.id) ?? 0, start: from, end: Math.max(from + least, Math.min(end, duration)) };
  });
}
