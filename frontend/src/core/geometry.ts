/** Arithmetic of the view: image pixels <-> screen pixels. Everything is a float; nothing is rounded here. */

export interface Point {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
export interface Rect extends Point, Size {}

/** Screen = image * scale + (x, y). */
export interface View extends Point {
  scale: number;
}

export const MIN_SCALE = 0.02;
export const MAX_SCALE = 64;

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

export function toImage(view: View, screen: Point): Point {
  return { x: (screen.x - view.x) / view.scale, y: (screen.y - view.y) / view.scale };
}

export function toScreen(view: View, image: Point): Point {
  return { x: image.x * view.scale + view.x, y: image.y * view.scale + view.y };
}

/** Zooms so that the image point under `at` (screen pixels) stays under it. */
export function zoomAt(view: View, at: Point, factor: number): View {
  const scale = clamp(view.scale * factor, MIN_SCALE, MAX_SCALE);
  const k = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * k, y: at.y - (at.y - view.y) * k };
}

export function panBy(view: View, dx: number, dy: number): View {
  return { scale: view.scale, x: view.x + dx, y: view.y + dy };
}

/** The view that shows `rect` (image pixels) whole and centred in `frame`, with `margin` screen pixels around it. */
export function fitRect(rect: Rect, frame: Size, margin = 16, maxScale = MAX_SCALE): View {
  const room = { width: Math.max(1, frame.width - 2 * margin), height: Math.max(1, frame.height - 2 * margin) };
  const scale = clamp(
    Math.min(room.width / Math.max(rect.width, 1e-9), room.height / Math.max(rect.height, 1e-9)),
    MIN_SCALE,
    maxScale,
  );
  return {
    scale,
    x: frame.width / 2 - (rect.x + rect.width / 2) * scale,
    y: frame.height / 2 - (rect.y + rect.height / 2) * scale,
  };
}

export interface FitLimits {
  most: number;
  /** Below this scale nothing could be read: then the view is centred on the anchor instead. */
  least?: number;
  anchor?: Point;
}

/** Fits the content, unless that would make it too small to read. */
export function fitWithin(content: Size, frame: Size, { most, least = 0, anchor }: FitLimits): View {
  const whole = fitRect({ x: 0, y: 0, ...content }, frame, 16, most);
  if (whole.scale >= least || !anchor) return whole;
  return { scale: least, x: frame.width / 2 - anchor.x * least, y: frame.height / 2 - anchor.y * least };
}

/** Keeps at least `keep` screen pixels of the content in the frame, so that an image can never be lost. */
export function keepInSight(view: View, content: Size, frame: Size, keep = 48): View {
  const width = content.width * view.scale;
  const height = content.height * view.scale;
  return {
    scale: view.scale,
    x: clamp(view.x, keep - width, frame.width - keep),
    y: clamp(view.y, keep - height, frame.height - keep),
  };
}

/** A wheel event's zoom factor. Trackpads send many small deltas, mice few large ones; both feel alike. */
export function wheelFactor(deltaY: number, deltaMode: number): number {
  const pixels = deltaMode === 1 ? deltaY * 16 : deltaMode === 2 ? deltaY * 400 : deltaY;
  return Math.exp(-clamp(pixels, -240, 240) * 0.0022);
}

/** A negative width or height (a flawed source) turned into the same box with positive sides. */
export function normalised(rect: Rect): Rect {
  return {
    x: rect.width < 0 ? rect.x + rect.width : rect.x,
    y: rect.height < 0 ? rect.y + rect.height : rect.y,
    width: Math.abs(rect.width),
    height: Math.abs(rect.height),
  };
}

/** The same centre, but no side shorter than `least`. */
export function atLeast(rect: Rect, least: number): Rect {
  const width = Math.max(rect.width, least);
  const height = Math.max(rect.height, least);
  return { x: rect.x + (rect.width - width) / 2, y: rect.y + (rect.height - height) / 2, width, height };
}

export function union(rects: readonly Rect[]): Rect | null {
  if (rects.length === 0) return null;
  const all = rects.map(normalised);
  const x = Math.min(...all.map((r) => r.x));
  const y = Math.min(...all.map((r) => r.y));
  return {
    x,
    y,
    width: Math.max(...all.map((r) => r.x + r.width)) - x,
    height: Math.max(...all.map((r) => r.y + r.height)) - y,
  };
}

/** The part that two rectangles share; null when they share none. */
export function intersection(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/**
 * What to show of an image as evidence for `subject`: padded by `pad` of its longer side, at least `least` pixels wide,
 * of the given aspect, moved inside the image where it fits. It leaves the image only to show a subject that does.
 * Whole pixels, as the server crops.
 */
export function cropAround(subject: Rect, image: Size, aspect = 1, pad = 0.4, least = 64): Rect {
  const longer = Math.max(subject.width, subject.height);
  let width = Math.max(subject.width + 2 * pad * longer, least);
  let height = Math.max(subject.height + 2 * pad * longer, least);
  if (width / height < aspect) width = height * aspect;
  else height = width / aspect;
  width = Math.min(Math.ceil(width), image.width);
  height = Math.min(Math.ceil(height), image.height);
  const inside = {
    x: Math.floor(clamp(subject.x + subject.width / 2 - width / 2, 0, Math.max(0, image.width - width))),
    y: Math.floor(clamp(subject.y + subject.height / 2 - height / 2, 0, Math.max(0, image.height - height))),
    width: Math.max(1, width),
    height: Math.max(1, height),
  };
  const outside =
    subject.x < 0 ||
    subject.y < 0 ||
    subject.x + subject.width > image.width ||
    subject.y + subject.height > image.height;
  return outside ? grown(union([inside, subject]) ?? inside, 0.06 * longer) : inside;
}

function grown(rect: Rect, by: number): Rect {
  const x = Math.floor(rect.x - by);
  const y = Math.floor(rect.y - by);
  return {
    x,
    y,
    width: Math.ceil(rect.x + rect.width + by) - x,
    height: Math.ceil(rect.y + rect.height + by) - y,
  };
}

/** Corners of a box turned about its centre by `angle` degrees, clockwise on the screen. */
export function rotatedCorners(cx: number, cy: number, width: number, height: number, angle: number): Point[] {
  const c = Math.cos((angle * Math.PI) / 180);
  const s = Math.sin((angle * Math.PI) / 180);
  const corner = (dx: number, dy: number) => ({ x: cx + dx * c - dy * s, y: cy + dx * s + dy * c });
  return [
    corner(-width / 2, -height / 2),
    corner(width / 2, -height / 2),
    corner(width / 2, height / 2),
    corner(-width / 2, height / 2),
  ];
}
