/** Annotations in words: where they are and what they say. Geometry is JSON from a dataset: what is malformed says little. */

import { decimal, plural } from "./format";
import { boxOf, type Shaped } from "./shapes";
import { excerptOf } from "./text";

export interface Described extends Shaped {
  label: string;
  kind: string;
}

type Json = Record<string, unknown>;

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

export function kindWords(kind: string): string {
  return kind.replaceAll("_", " ");
}

export interface Range {
  start: number;
  end: number;
}

/** The seconds that an annotation covers; null where it has none, or covers the whole sound. */
export function secondsOf({ kind, geometry }: Described): Range | null {
  const { start, end } = (geometry ?? {}) as Json;
  const has = kind === "audio_segment" || kind === "transcript";
  return has && isNumber(start) && isNumber(end) ? { start, end } : null;
}

/** Seconds as players write them: `0:04.20`, `1:02:03`. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const sign = seconds < 0 ? "−" : "";
  const all = Math.abs(seconds);
  const hundredths = Math.round(all * 100);
  const [hours, minutes] = [Math.floor(hundredths / 360_000), Math.floor(hundredths / 6000) % 60];
  const rest = (hundredths / 100) % 60;
  const two = (part: number) => String(part).padStart(2, "0");
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${two(Math.floor(rest))}`;
  return `${sign}${minutes}:${rest.toFixed(2).padStart(5, "0")}`;
}

function polygonWords(geometry: Json): string {
  const parts = asList(geometry.parts).map(asList);
  const holes = parts.reduce((sum, rings) => sum + Math.max(0, rings.length - 1), 0);
  const points = parts.flat().reduce<number>((sum, ring) => sum + asList(ring).length, 0);
  const words = [plural(points, "point")];
  if (parts.length > 1) words.push(plural(parts.length, "part"));
  if (holes > 0) words.push(plural(holes, "hole"));
  return words.join(", ");
}

function jointWords(geometry: Json): string {
  const seen = asList(geometry.points).map((point) => asList(point)[2]);
  const labelled = seen.filter(Boolean).length;
  const hidden = seen.filter((one) => one === 1).length;
  return `${labelled} of ${plural(seen.length, "joint")}${hidden ? `, ${hidden} hidden` : ""}`;
}

const WORDS: Record<string, (geometry: Json) => string> = {
  category: () => "the whole item",
  multi_category: (g) => asList(g.labels).map(String).join(", ") || "none",
  cuboid: () => "a box in space, which cannot be drawn here",
  polygon: polygonWords,
  polyline: (g) => `a line of ${plural(asList(g.points).length, "point")}`,
  keypoints: jointWords,
  rotated_box: (g) => (isNumber(g.angle) ? `turned by ${decimal(g.angle, 1)}°` : ""),
  mask: () => "mask",
};

/** What an annotation covers, in a few words; `text` is the item's. */
export function placeWords(annotation: Described, text: string | null): string {
  const geometry = (annotation.geometry ?? {}) as Json;
  const { kind } = annotation;
  if (kind === "span") return excerptOf(text ?? "", geometry.start, geometry.end) || "an empty span";
  const seconds = secondsOf(annotation);
  const range = seconds ? `${clock(seconds.start)} – ${clock(seconds.end)}` : "the whole sound";
  if (kind === "transcript") return `${typeof geometry.text === "string" ? geometry.text : ""} (${range})`.trim();
  if (kind === "audio_segment") return range;
  const words = Object.hasOwn(WORDS, kind) ? WORDS[kind]?.(geometry) : "";
  const box = boxOf(annotation);
  const size =
    box && `${decimal(box.x, 1)}, ${decimal(box.y, 1)} · ${decimal(box.width, 1)} × ${decimal(box.height, 1)}`;
  return [words, size].filter(Boolean).join(" · ") || kindWords(kind);
}

/** The name of a shape or span for those who do not see it. */
export function spokenName(annotation: Described, text: string | null = null): string {
  const box = boxOf(annotation);
  const start = `${annotation.label}, ${kindWords(annotation.kind)}`;
  if (annotation.kind === "span" || secondsOf(annotation)) return `${start}: ${placeWords(annotation, text)}`;
  if (!box) return start;
  const [x, y, w, h] = [box.x, box.y, box.width, box.height].map((v) => decimal(v, 1));
  return `${start} at ${x}, ${y}, ${w} by ${h}`;
}
