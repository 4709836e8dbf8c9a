/** Geometries as SVG paths in image pixels. A geometry is JSON from a dataset: whatever is malformed draws nothing. */

import { type Rect, rotatedCorners, union } from "./geometry";
import { maskPath } from "./masks";

export interface Drawn {
  /** SVG path data. */
  d: string;
  /** Whether the shape has an inside. */
  closed: boolean;
  /** Lines beside the shape that have no inside: the front of a turned box. */
  lines?: string;
  /** Joints, as lines without length: their caps are dots of one size at every zoom. */
  dots?: string;
  /** Joints that are there but hidden. */
  hollow?: string;
  /** What lies around the shape; null where it is the box itself. */
  extent?: Rect | null;
}

/** Pairs of joints, by index, that are joined by a line. */
export type Bones = readonly (readonly number[])[];

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

const dot = (x: number, y: number) => `M${x} ${y}h0.0001`;

type Joint = readonly [x: number, y: number, visibility: number];

function jointsOf(points: unknown): (Joint | null)[] {
  return asList(points).map((point) => {
    const [x, y, seen] = asList(point).map(num);
    return x !== undefined && y !== undefined && seen ? [x, y, seen] : null;
  });
}

function around(points: readonly (readonly number[])[]): Rect | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x = Number.NaN, y = Number.NaN] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right >= left && bottom >= top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

const PAIR = /[ML](-?[\d.]+(?:e-?\d+)?) (-?[\d.]+(?:e-?\d+)?)/g;

/** What lies around a path of absolute corners, as all of these shapes but joints are. */
const pathExtent = (d: string) => around(Array.from(d.matchAll(PAIR), ([, x, y]) => [Number(x), Number(y)]));

/** Joints, with bones between those that are labelled. */
function keypoints(geometry: Json, bones: Bones): Drawn {
  const joints = jointsOf(geometry.points);
  const dots = (seen: boolean) =>
    joints.map((joint) => (joint && joint[2] >= 2 === seen ? dot(joint[0], joint[1]) : "")).join("");
  const lines = bones
    .map(([a, b]) => [joints[a ?? -1], joints[b ?? -1]] as const)
    .map(([a, b]) => (a && b ? `M${a[0]} ${a[1]}L${b[0]} ${b[1]}` : ""))
    .join("");
  const seen = joints.filter((joint) => joint !== null);
  return { d: lines, closed: false, dots: dots(true), hollow: dots(false), extent: around(seen) };
}

/** A turned box, with a tick from its centre through its right side, which is its front at angle 0. */
function rotatedBox(g: Json): Drawn {
  const [x, y, width, height, angle] = [g.center_x, g.center_y, g.width, g.height, g.angle].map(num) as number[];
  const turned = rotatedCorners(x ?? Number.NaN, y ?? Number.NaN, width ?? 0, height ?? 0, angle ?? 0);
  const [, a, b] = turned;
  const front = a && b ? [(a.x + b.x) / 2, (a.y + b.y) / 2] : [];
  const d = line(
    turned.map((p) => [p.x, p.y]),
    true,
  );
  return { d, closed: true, lines: d && line([[x, y], front], false) };
}

const DRAW: Record<string, (geometry: Json, bones: Bones) => Drawn> = {
  polygon: (g) => ({
    d: asList(g.parts)
      .flatMap((part) => asList(part).map((ring) => line(ring, true)))
      .join(""),
    closed: true,
  }),
  polyline: (g) => ({ d: line(g.points, false), closed: false }),
  rotated_box: rotatedBox,
  keypoints,
  mask: (g) => ({ d: maskPath(num(g.height), asList(g.counts).map(num)), closed: true }),
};

const drawnOnce = new WeakMap<object, { bones: Bones; drawn: Drawn | null }>();
const NO_BONES: Bones = [];

/** What to draw for an annotation; null for kinds without a place in an image (category, span, …). */
export function draw(shape: Shaped, bones: Bones = NO_BONES): Drawn | null {
  const known = drawnOnce.get(shape);
  if (known?.bones === bones) return known.drawn;
  const drawn = drawAnew(shape, bones);
  drawnOnce.set(shape, { bones, drawn });
  return drawn;
}

function drawAnew(shape: Shaped, bones: Bones): Drawn | null {
  const geometry = shape.geometry && typeof shape.geometry === "object" ? (shape.geometry as Json) : null;
  const type = geometry && typeof geometry.type === "string" ? geometry.type : null;
  const make = type && Object.hasOwn(DRAW, type) ? DRAW[type] : undefined;
  const made = geometry && make ? make(geometry, bones) : null;
  if (made?.d || made?.dots || made?.hollow) return { ...made, extent: made.extent ?? pathExtent(made.d) };
  const box = boxOf(shape);
  return box ? { d: boxPath(box), closed: true } : null;
}

const NEXT_PIXEL = 1;

/** The box that is declared beside a finer shape, where it is not the box around it. */
export function declaredBox(shape: Shaped, bones?: Bones): Rect | null {
  const box = boxOf(shape);
  const extent = draw(shape, bones)?.extent;
  if (!box || !extent) return null;
  const sides = (r: Rect) => [r.x, r.y, r.x + r.width, r.y + r.height];
  const other = sides(extent);
  return sides(box).some((side, i) => Math.abs(side - (other[i] ?? side)) > NEXT_PIXEL) ? box : null;
}

/** All that is drawn of an annotation lies in it: its box, and its shape where that reaches further. */
export function placeOf(shape: Shaped): Rect | null {
  const [box, extent] = [boxOf(shape), draw(shape)?.extent];
  return box && extent ? union([box, extent]) : (box ?? extent ?? null);
}

export const MIN_VISIBLE = 1e-9;

/** Whether a box has no area and so needs a mark to be seen at all. */
export function isFlat(rect: Rect): boolean {
  return Math.abs(rect.width) <= MIN_VISIBLE || Math.abs(rect.height) <= MIN_VISIBLE;
}
