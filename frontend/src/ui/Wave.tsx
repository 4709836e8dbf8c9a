import { useQuery } from "@tanstack/react-query";
import { waveQuery } from "@/api/queries";
import type { Annotation } from "@/api/types";
import type { Colors } from "@/core/color";
import { type Described, secondsOf } from "@/core/describe";
import type { Mark } from "@/core/evidence";
import { clippedPath, FULL_SCALE, inLanes, type Wave, wavePath } from "@/core/wave";
import { Icon } from "./icons";
import classes from "./Wave.module.css";

/** The annotations that lie somewhere on a sound, with their seconds. */
export function segmentsOf<T extends Described>(annotations: readonly T[]): { one: T; start: number; end: number }[] {
  return annotations.flatMap((one) => {
    const seconds = secondsOf(one);
    return seconds ? [{ one, ...seconds }] : [];
  });
}

/** The outline of a sound, stretched over the place that it is given. */
export function WaveOutline({ wave, marks = [] }: { wave: Wave; marks?: readonly Mark[] }) {
  const scale = wave.high.length / Math.max(wave.duration, 1e-9);
  return (
    <svg
      className={classes.outline}
      viewBox={`0 0 ${Math.max(1, wave.high.length)} ${2 * FULL_SCALE}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {marks.map(({ id, start, end }) => (
        <rect
          key={id}
          className={classes.mark}
          x={start * scale}
          width={Math.max(0, end - start) * scale}
          height={2 * FULL_SCALE}
        />
      ))}
      <path d={wavePath(wave)} className={classes.wave} />
      <path d={clippedPath(wave)} className={classes.clipped} />
    </svg>
  );
}

interface SoundPictureProps {
  item: { name: string; blob: string | null; duration: number | null };
  annotations: readonly Annotation[];
  colors: Colors;
  parts: 128 | 512;
  /** Where a finding's evidence lies, told the sound's length. */
  marks?: (duration: number) => readonly Mark[];
  struck?: ReadonlySet<string>;
}

/** A small still picture of a sound with its segments: on tiles, and beside findings and changes. */
export function SoundPicture({ item, annotations, colors, parts, marks, struck }: SoundPictureProps) {
  const query = useQuery({ ...waveQuery(item.blob ?? "", parts), enabled: item.blob !== null });
  const wave = query.data;
  if (!wave) {
    return (
      <span className={classes.none}>
        <Icon name="sound" size={22} />
        {query.isError || !item.blob ? "This sound cannot be drawn" : ""}
      </span>
    );
  }
  const placed = inLanes(segmentsOf(annotations), wave.duration);
  const left = (seconds: number) => `${(100 * seconds) / Math.max(wave.duration, 1e-9)}%`;
  return (
    <span className={classes.picture} role="img" aria-label={`${item.name}: the outline of the sound`}>
      <WaveOutline wave={wave} marks={marks?.(wave.duration) ?? []} />
      <span className={classes.lines}>
        {placed.map(({ one, lane, start, end }) => (
          <span
            key={one.id}
            className={classes.line}
            data-struck={struck?.has(one.id) || undefined}
            style={{ left: left(start), width: left(end - start), top: lane * 5, background: colors(one.label) }}
          />
        ))}
      </span>
    </span>
  );
}
