/**
 * Which rows a scroll position shows, for lists of any length.
 *
 * Browsers limit the height of an element (near 17 million pixels in Firefox, twice that in Chromium), so a list that
 * would be taller gets a shorter track. A small scroll then moves the list pixel for pixel; a long one (scrollbar
 * dragged, End pressed) goes to the proportional place. When the track's end comes near before the list's does, the
 * thumb is put back to its proportional place, which nobody sees: rows are placed relative to it.
 */

export const MAX_TRACK = 8_000_000;

export interface GridShape {
  columns: number;
  rows: number;
  tileWidth: number;
  rowHeight: number;
}

/** As many columns as bring the tiles nearest to `size` pixels, stretched or shrunk to fill the width. */
export function gridShape(count: number, width: number, size: number, gap: number, extra: number): GridShape {
  const columns = Math.max(1, Math.round((width + gap) / (size + gap)));
  const tileWidth = Math.max(1, Math.floor((width - gap * (columns - 1)) / columns));
  const rowHeight = Math.round(tileWidth * 0.75) + extra + gap;
  return { columns, rows: Math.ceil(count / columns), tileWidth, rowHeight };
}

export interface Track {
  /** Height of all rows, as if nothing limited it. */
  content: number;
  /** Height of the element that is scrolled. */
  track: number;
  /** Height of what is seen. */
  viewport: number;
}

export function makeTrack(rows: number, rowHeight: number, viewport: number, limit = MAX_TRACK): Track {
  const content = rows * rowHeight;
  return { content, track: Math.min(content, limit), viewport };
}

export interface ScrollState {
  /** scrollTop of the element. */
  scrollTop: number;
  /** The content's pixel at the top of the viewport. */
  top: number;
}

function most(track: Track): { scroll: number; top: number } {
  return { scroll: Math.max(0, track.track - track.viewport), top: Math.max(0, track.content - track.viewport) };
}

/** The proportional place: what dragging the scrollbar's thumb means. */
export function topOf(track: Track, scrollTop: number): number {
  const max = most(track);
  if (max.scroll === 0) return 0;
  return (Math.min(Math.max(scrollTop, 0), max.scroll) / max.scroll) * max.top;
}

export function scrollTopOf(track: Track, top: number): number {
  const max = most(track);
  if (max.top === 0) return 0;
  return Math.round((Math.min(Math.max(top, 0), max.top) / max.top) * max.scroll);
}

/** The state after the element was scrolled to `scrollTop`. A changed `scrollTop` in the answer is to be written back. */
export function onScroll(track: Track, before: ScrollState, scrollTop: number): ScrollState {
  if (track.content <= track.track) return { scrollTop, top: scrollTop };
  const max = most(track);
  const moved = scrollTop - before.scrollTop;
  if (scrollTop <= 0 && before.top <= track.viewport) return { scrollTop, top: 0 };
  if (scrollTop >= max.scroll && before.top >= max.top - track.viewport) return { scrollTop, top: max.top };
  if (Math.abs(moved) > track.viewport) return { scrollTop, top: topOf(track, scrollTop) };
  const top = Math.min(Math.max(before.top + moved, 0), max.top);
  const nearEdge = scrollTop < track.viewport || scrollTop > max.scroll - track.viewport;
  if (!nearEdge) return { scrollTop, top };
  // Leave a pixel at either end, so that the wheel still has somewhere to go.
  const low = top > 0 ? 1 : 0;
  const high = max.scroll - (top < max.top ? 1 : 0);
  return { scrollTop: Math.min(Math.max(scrollTopOf(track, top), low), high), top };
}

export interface RowWindow {
  first: number;
  /** One past the last row. */
  last: number;
  /** Where the first row lies in the track, in whole pixels. */
  offset: number;
}

export function rowWindow(
  track: Track,
  state: ScrollState,
  rowHeight: number,
  rows: number,
  overscan: number,
): RowWindow {
  const first = Math.max(0, Math.floor(state.top / rowHeight) - overscan);
  const last = Math.min(rows, Math.ceil((state.top + track.viewport) / rowHeight) + overscan);
  return { first, last: Math.max(first, last), offset: Math.round(state.scrollTop - state.top + first * rowHeight) };
}

/** Where to scroll so that a row is wholly in sight; the present top if it is already. */
export function topToReveal(track: Track, top: number, row: number, rowHeight: number): number {
  const start = row * rowHeight;
  if (start < top || track.viewport <= rowHeight) return start;
  if (start + rowHeight > top + track.viewport) return start + rowHeight - track.viewport;
  return top;
}

/** The pages of `size` that hold the positions [first, last). */
export function pagesFor(first: number, last: number, size: number): number[] {
  if (last <= first) return [];
  const from = Math.floor(first / size);
  const to = Math.floor((last - 1) / size);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
