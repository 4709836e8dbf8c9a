/** Spans of a text. Offsets are in Unicode code points, as Checkdam stores them; JavaScript counts UTF-16 units. */

export interface SpanLike {
  id: string;
  start: number;
  end: number;
}

export interface Segment {
  text: string;
  /** Ids of the spans that cover the whole segment, in the order given. */
  spans: string[];
  start: number;
}

/** Cuts a text at every span's ends. Spans may overlap; those outside the text are clipped, empty ones left out. */
export function segments(text: string, spans: readonly SpanLike[]): Segment[] {
  const letters = Array.from(text);
  const clip = (at: number) => Math.min(Math.max(0, Math.trunc(at)), letters.length);
  const clipped = spans
    .map((span) => ({ id: span.id, start: clip(span.start), end: clip(span.end) }))
    .filter((span) => span.end > span.start);
  const cuts = new Set([0, letters.length]);
  for (const span of clipped) {
    cuts.add(span.start);
    cuts.add(span.end);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const order = new Map(clipped.map((span, index) => [span.id, index]));
  const begins = new Map<number, typeof clipped>();
  for (const span of clipped) begins.set(span.start, [...(begins.get(span.start) ?? []), span]);
  let open: typeof clipped = [];
  return sorted.slice(0, -1).map((start, i) => {
    const end = sorted[i + 1] ?? letters.length;
    open = [...open.filter((span) => span.end > start), ...(begins.get(start) ?? [])];
    return {
      start,
      text: letters.slice(start, end).join(""),
      spans: open.map((span) => span.id).sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)),
    };
  });
}

/** A lane for each span so that no two that overlap share one: the lines under a text are drawn lane by lane. */
export function lanes(spans: readonly SpanLike[]): Map<string, number> {
  const ends: number[] = [];
  const found = new Map<string, number>();
  // Of two that begin at one place the longer one lies nearer to the text.
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  for (const span of sorted) {
    const free = ends.findIndex((end) => end <= span.start);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = span.end;
    found.set(span.id, lane);
  }
  return found;
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** The part of a text between two code points; empty where they are no numbers. */
export function excerptOf(text: string, start: unknown, end: unknown): string {
  return isNumber(start) && isNumber(end) ? Array.from(text).slice(Math.max(0, start), Math.max(0, end)).join("") : "";
}

export interface Excerpt {
  text: string;
  /** How many code points of the text lie before. */
  offset: number;
  cutBefore: boolean;
  cutAfter: boolean;
}

/** What of a long text to show around the places from `start` to `end`: at most `most` code points. */
export function excerptAround(text: string, start: number, end: number, most: number): Excerpt {
  const letters = Array.from(text);
  if (letters.length <= most) return { text, offset: 0, cutBefore: false, cutAfter: false };
  const room = Math.max(0, most - (end - start));
  const from = Math.min(Math.max(0, Math.trunc(start - room / 2)), letters.length - most);
  return {
    text: letters.slice(from, from + most).join(""),
    offset: from,
    cutBefore: from > 0,
    cutAfter: from + most < letters.length,
  };
}

const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/u;

/** What to show for a character that cannot be seen: its number. Null for one that can, and for line ends. */
export function visible(letter: string): string | null {
  if (!INVISIBLE.test(letter) || letter === "\n" || letter === "\r" || letter === "\t") return null;
  return `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
