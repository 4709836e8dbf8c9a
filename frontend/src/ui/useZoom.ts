import {
  type PointerEvent as ReactPointerEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import {
  atLeast,
  type FitLimits,
  fitRect,
  fitWithin,
  keepInSight,
  panBy,
  type Rect,
  type Size,
  type View,
  wheelFactor,
  zoomAt,
} from "@/core/geometry";

export interface Zoom {
  view: View | null;
  fit: () => void;
  actual: () => void;
  by: (factor: number) => void;
  to: (rect: Rect) => void;
  panning: boolean;
  /** True just after a drag, so that the click that ends it selects nothing. */
  dragged: () => boolean;
  onPointerDown: (event: ReactPointerEvent) => void;
}

const CLICK_PX = 3;
/** Zooming to something smaller shows this many image pixels around it. */
const LEAST_SHOWN = 40;
const IMAGE_FIT: FitLimits = { most: 8 };

function useSpace(): RefObject<boolean> {
  const held = useRef(false);
  useEffect(() => {
    const set = (down: boolean) => (event: KeyboardEvent) => {
      if (event.key === " ") held.current = down;
    };
    const [down, up] = [set(true), set(false)];
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
    };
  }, []);
  return held;
}

type Change = (make: (before: View) => View) => void;

function useWheel(frame: RefObject<HTMLElement | null>, change: Change): void {
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const bounds = element.getBoundingClientRect();
      const at = { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
      change((before) => zoomAt(before, at, wheelFactor(event.deltaY, event.deltaMode)));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [frame, change]);
}

/** Zooms by the wheel at the cursor; pans by dragging with the middle button, with Space, or on the empty ground. */
export function useZoom(
  frame: RefObject<HTMLElement | null>,
  size: Size,
  content: Size | null,
  key: string,
  { most, least, anchor }: FitLimits = IMAGE_FIT,
): Zoom {
  const [view, setView] = useState<View | null>(null);
  const [panning, setPanning] = useState(false);
  const touched = useRef(false);
  const moved = useRef(0);
  const space = useSpace();

  const change = useCallback(
    (make: (before: View) => View) => {
      touched.current = true;
      setView((before) => (before && content ? keepInSight(make(before), content, size) : before));
    },
    [content, size],
  );
  const fitAll = useCallback(() => {
    touched.current = false;
    if (content && size.width > 0) setView(fitWithin(content, size, { most, least, anchor }));
  }, [content, size, most, least, anchor]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture, or another frame before the first touch
  useEffect(() => {
    touched.current = false;
    fitAll();
  }, [key, content === null]);
  useEffect(() => {
    if (!touched.current) fitAll();
  }, [fitAll]);

  useWheel(frame, change);

  const onPointerDown = (event: ReactPointerEvent) => {
    moved.current = 0;
    const onShape = event.target instanceof Element && event.target.closest("[data-interactive]") !== null;
    const pans = event.button === 1 || (event.button === 0 && (space.current || !onShape));
    if (!pans) return;
    if (event.button === 1) event.preventDefault();
    drag(event, change, moved, setPanning);
  };

  const middle = { x: size.width / 2, y: size.height / 2 };
  return {
    view,
    fit: fitAll,
    actual: () => change((before) => zoomAt(before, middle, 1 / before.scale)),
    by: (factor) => change((before) => zoomAt(before, middle, factor)),
    to: (rect) => change(() => fitRect(atLeast(rect, LEAST_SHOWN), size, Math.min(size.width, size.height) * 0.25, 24)),
    panning,
    dragged: () => moved.current > CLICK_PX,
    onPointerDown,
  };
}

function drag(
  start: ReactPointerEvent,
  change: Change,
  moved: RefObject<number>,
  setPanning: (panning: boolean) => void,
): void {
  let [x, y] = [start.clientX, start.clientY];
  const onMove = (event: PointerEvent) => {
    const [dx, dy] = [event.clientX - x, event.clientY - y];
    [x, y] = [event.clientX, event.clientY];
    moved.current += Math.abs(dx) + Math.abs(dy);
    if (moved.current > CLICK_PX) {
      setPanning(true);
      change((before) => panBy(before, dx, dy));
    }
  };
  const onEnd = () => {
    setPanning(false);
    window.removeEventListener("pointermove", onMove);
    window.removeEventListener("pointerup", onEnd);
    window.removeEventListener("pointercancel", onEnd);
  };
  window.addEventListener("pointermove", onMove);
  window.addEventListener("pointerup", onEnd);
  window.addEventListener("pointercancel", onEnd);
}
