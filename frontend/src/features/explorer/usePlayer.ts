import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { clock } from "@/core/describe";

export interface Player {
  audio: RefObject<HTMLAudioElement | null>;
  head: RefObject<HTMLSpanElement | null>;
  clock: RefObject<HTMLSpanElement | null>;
  slider: RefObject<HTMLInputElement | null>;
  duration: number;
  playing: boolean;
  failed: boolean;
  toggle: () => void;
  seek: (seconds: number) => void;
  events: { onPlay: () => void; onPause: () => void; onEnded: () => void; onError: () => void };
}

/** Plays a sound. Head, clock and slider are moved at each frame without rendering anything anew. */
export function usePlayer(item: string, duration: number): Player {
  const audio = useRef<HTMLAudioElement>(null);
  const head = useRef<HTMLSpanElement>(null);
  const clockFace = useRef<HTMLSpanElement>(null);
  const slider = useRef<HTMLInputElement>(null);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const show = useCallback(() => {
    const at = audio.current?.currentTime ?? 0;
    if (head.current) head.current.style.left = `${(100 * Math.min(at, duration)) / Math.max(duration, 1e-9)}%`;
    if (clockFace.current) clockFace.current.textContent = clock(at);
    if (slider.current) slider.current.value = String(at);
  }, [duration]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another item begins at its start
  useEffect(() => {
    setPlaying(false);
    setFailed(false);
    show();
  }, [item, show]);
  useEffect(() => {
    if (!playing) return show();
    let frame = 0;
    const step = () => {
      show();
      frame = requestAnimationFrame(step);
    };
    step();
    return () => cancelAnimationFrame(frame);
  }, [playing, show]);
  const seek = useCallback(
    (seconds: number) => {
      if (!audio.current || !Number.isFinite(seconds)) return;
      audio.current.currentTime = Math.max(0, Math.min(seconds, duration));
      show();
    },
    [duration, show],
  );
  const toggle = useCallback(() => {
    const element = audio.current;
    if (!element) return;
    if (element.paused) element.play().catch(() => setFailed(element.error !== null));
    else element.pause();
  }, []);
  const events = {
    onPlay: () => setPlaying(true),
    onPause: () => setPlaying(false),
    onEnded: () => setPlaying(false),
    onError: () => setFailed(true),
  };
  return { audio, head, clock: clockFace, slider, duration, playing, failed, toggle, seek, events };
}
