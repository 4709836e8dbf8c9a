/** Geometries as SVG paths in image pixels. A geometry is JSON from a dataset: whatever is malformed draws nothing. */

import { type Rect, rotatedCorners } from "./geometry";

export interface Drawn {
  /** SVG path data. */
  d: string;
  /** Whether the shape has an inside. */
  closed: boolean;
}

export interface Shaped {
  box: readonly number[] | null;
  geometry: unknown;
}

type Json = Record<string, unknown>;

const num = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : Number.NaN);
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function pair(value: unknown): [number, number] | null {
  const [x, y] = asList(value).map(num);
  return x === undefined || y === undefined || Number.isNaN(x) || Number.isNaN(y) ? null : [x, y];
}

function line(points: unknown, close: boolean): string {
  const good = asList(points)
    .map(pair)
    .filter((p) => p !== null);
  if (good.length === 0) return "";
  return `M${good.map(([x, y]) => `${x} ${y}`).join("L")}${close ? "Z" : ""}`;
}

export function boxPath({ x, y, width, height }: Rect): string {
  return `M${x} ${y}h${width}v${height}h${-width}Z`;
}

/** The box of an annotation: its own, or the one declared beside a finer geometry. */
export function boxOf(shape: Shaped): Rect | null {
  const [x, y, width, height] = (shape.box ?? []).map(num);
  if (x === undefined || y === undefined || width === undefined || height === undefined) return null;
  return [x, y, width, height].some(Number.isNaN) ? null : { x, y, width, height };
}

/** COCO run lengths (column by column, beginning with zeros) as one-pixel-wide bars; whole columns are joined. */
export function maskPath(height: number, counts: readonly number[]): string {
  if (!(height > 0)) return "";
  const parts: string[] = [];
  let at = 0;
  counts.forEach((run, index) => {
    if (index % 2 === 1 && run > 0) parts.push(runPath(at, run, height));
    at += Math.max(0, run);
  });
  return parts.join("");
}

function runPath(start: number, run: number, height: number): string {
  let at = start;
  const end = start + run;
  let path = "";
  while (at < end) {
    const column = Math.floor(at / height);
    const top = at - column * height;
    if (top === 0 && end - at >= height) {
      const columns = Math.floor((end - at) / height);
      path += `M${column} 0h${columns}v${height}h${-columns}Z`;
      at += columns * height;
    } else {
      const length = Math.min(height - top, end - at);
      path += `M${column} ${top}h1v${length}h-1Z`;
      at += length;
    }
  }
  return path;
}

const POINT_RADIUS = 3;

function dot(x: number, y: number, r = POINT_RADIUS): string {
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
}

function keypointsPath(points: unknown): string {
  return asList(points)
    .map((point) => {
      const [x, y, seen] = asList(point).map(num);
      return x !== undefined && y !== undefined && seen ? dot(x, y) : "";
    })
    .join("");
}

const DRAW: Record<string, (geometry: Json) => Drawn> = {
  polygon: (g) => ({
    d: asList(g.parts)
      .flatMap((part) => asList(part).map((ring) => line(ring, true)))
      .join(""),
    closed: true,
  }),
  polyline: (g) => ({ d: line(g.points, false), closed: false }),
  rotated_box: (g) => {
    const turned = rotatedCorners(num(g.center_x), num(g.center_y), num(g.width), num(g.height), num(g.angle));
    return {
      d: line(
        turned.map((p) => [p.x, p.y]),
        true,
      ),
      closed: true,
    };
  },
  keypoints: (g) => ({ d: keypointsPath(g.points), closed: true }),
  mask: (g) => ({ d: maskPath(num(g.height), asList(g.counts).map(num)), closed: true }),
};

/** What to draw for an annotation; null for kinds without a place in an image (category, span, …). */
export function draw(shape: Shaped): Drawn | null {
  const geometry = shape.geometry && typeof shape.geometry === "object" ? (shape.geometry as Json) : null;
  const type = geometry && typeof geometry.type === "string" ? geometry.type : null;
  const make = type && Object.hasOwn(DRAW, type) ? DRAW[type] : undefined;
  const made = geometry && make ? make(geometry) : null;
  if (made?.d) return made;
  const box = boxOf(shape);
  return box ? { d: boxPath(box), closed: true } : null;
}

export const MIN_VISIBLE = 1e-9;

/** Whether a box has no area and so needs a mark to be seen at all. */
export function isFlat(rect: Rect): boolean {
  return Math.abs(rect.width) <= MIN_VISIBLE || Math.abs(rect.height) <= MIN_VISIBLE;
}
