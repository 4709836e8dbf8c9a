/** Where in a text or sound a finding's evidence lies. Evidence is JSON of a rule, which may be a plugin's. */

import type { Range } from "./describe";

export interface Mark extends Range {
  id: string;
}

type Evidence = Readonly<Record<string, unknown>>;

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const MOST = 100;

/** Ranges of code points: single `places`, and a range from `start` to `end`. */
export function textMarks(evidence: Evidence): Mark[] {
  const places = Array.isArray(evidence.places) ? evidence.places.filter(isNumber).slice(0, MOST) : [];
  const marks = places.map((at) => ({ id: `place-${at}`, start: at, end: at + 1 }));
  const { start, end } = evidence;
  if (isNumber(start) && isNumber(end) && end > start) marks.push({ id: "range", start, end });
  return marks;
}

/** Ranges of seconds: the silence `before` and `after`. */
export function soundMarks(evidence: Evidence, duration: number): Mark[] {
  const marks: Mark[] = [];
  const { before, after } = evidence;
  if (isNumber(before) && before > 0) marks.push({ id: "before", start: 0, end: Math.min(before, duration) });
  if (isNumber(after) && after > 0) marks.push({ id: "after", start: Math.max(0, duration - after), end: duration });
  return marks;
}
