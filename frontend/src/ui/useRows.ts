import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import {
  makeTrack,
  onScroll,
  type RowWindow,
  rowWindow,
  type ScrollState,
  scrollTopOf,
  type Track,
  topToReveal,
} from "@/core/grid";

export interface Rows extends RowWindow {
  /** Height of the scrolled element. */
  height: number;
  reveal: (row: number) => void;
}

/** Keeps the place when the shape changes (another tile size, another width): the first row stays first. */
function useSamePlace(
  track: Track,
  rows: number,
  rowHeight: number,
  latest: RefObject<ScrollState>,
  goTo: (top: number) => void,
): void {
  const before = useRef({ rowHeight, rows });
  useLayoutEffect(() => {
    const was = before.current;
    before.current = { rowHeight, rows };
    const most = Math.max(0, track.content - track.viewport);
    if (was.rowHeight !== rowHeight && was.rowHeight > 0 && was.rows > 0) {
      const share = latest.current.top / (was.rows * was.rowHeight);
      goTo(share * track.content);
    } else if (latest.current.top > most) goTo(most);
  }, [rowHeight, rows, track, latest, goTo]);
}

/** Which rows of a scrolled element to draw, and where. Takes any number of rows; see core/grid. */
export function useRows(
  frame: RefObject<HTMLElement | null>,
  rows: number,
  rowHeight: number,
  viewport: number,
  overscan = 3,
): Rows {
  const [state, setState] = useState<ScrollState>({ scrollTop: 0, top: 0 });
  const latest = useRef(state);
  const track = useMemo(() => makeTrack(rows, rowHeight, viewport), [rows, rowHeight, viewport]);

  const put = useCallback((next: ScrollState) => {
    latest.current = next;
    setState(next);
  }, []);

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const listener = () => {
      if (element.scrollTop === latest.current.scrollTop) return;
      const next = onScroll(track, latest.current, element.scrollTop);
      if (next.scrollTop !== element.scrollTop) element.scrollTop = next.scrollTop;
      put({ ...next, scrollTop: element.scrollTop });
    };
    element.addEventListener("scroll", listener, { passive: true });
    return () => element.removeEventListener("scroll", listener);
  }, [frame, track, put]);

  const goTo = useCallback(
    (top: number) => {
      const element = frame.current;
      if (!element) return;
      const most = Math.max(0, track.content - track.viewport);
      const kept = Math.min(Math.max(0, top), most);
      element.scrollTop = track.content <= track.track ? kept : scrollTopOf(track, kept);
      put({ scrollTop: element.scrollTop, top: kept });
    },
    [frame, track, put],
  );

  useSamePlace(track, rows, rowHeight, latest, goTo);
  const reveal = useCallback(
    (row: number) => {
      const top = topToReveal(track, latest.current.top, row, rowHeight);
      if (top !== latest.current.top) goTo(top);
    },
    [track, rowHeight, goTo],
  );

  return { ...rowWindow(track, state, rowHeight, rows, overscan), height: track.track, reveal };
}
