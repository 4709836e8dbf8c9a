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
  return sorted.slice(0, -1).map((start, i) => {
    const end = sorted[i + 1] ?? letters.length;
    return {
      start,
      text: letters.slice(start, end).join(""),
      spans: clipped.filter((span) => span.start <= start && span.end >= end).map((span) => span.id),
    };
  });
}
