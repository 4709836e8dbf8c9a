import type { CSSProperties } from "react";
import type { Annotation } from "@/api/types";
import { placeWords, spokenName } from "@/core/describe";
import { inLanes, type Placed } from "@/core/wave";
import { segmentsOf } from "@/ui/Wave";
import type { SoundViewProps } from "./AudioView";
import classes from "./AudioView.module.css";
import type { Player } from "./usePlayer";

const LANE = 26;

/** The segments and transcripts of a sound below its outline, in lanes. Enter or a click goes there; Space plays. */
export function Segments(props: SoundViewProps & { player: Player }) {
  const { duration } = props.player;
  const placed = inLanes(segmentsOf(props.annotations), duration);
  const height = LANE * (1 + Math.max(-1, ...placed.map(({ lane }) => lane)));
  if (!(duration > 0) || placed.length === 0) return null;
  return (
    <div className={classes.lanes} style={{ height }} role="group" aria-label="Segments">
      {placed.map((segment) => (
        <SegmentButton key={segment.one.id} {...props} segment={segment} />
      ))}
    </div>
  );
}

type SegmentButtonProps = SoundViewProps & { player: Player; segment: Placed<Annotation> };

function SegmentButton({ segment, marks, colors, player, onHover, onSelect }: SegmentButtonProps) {
  const { one, lane, start, end } = segment;
  const percent = (seconds: number) => `${(100 * seconds) / player.duration}%`;
  const said = one.kind === "transcript" ? ((one.geometry as { text?: unknown } | null)?.text ?? "") : one.label;
  return (
    <button
      type="button"
      className={classes.segment}
      style={
        {
          left: percent(start),
          width: percent(end - start),
          top: lane * LANE,
          "--label": colors(one.label),
        } as CSSProperties
      }
      title={placeWords(one, null)}
      aria-label={spokenName(one)}
      aria-pressed={marks.selected === one.id}
      data-hovered={marks.hovered === one.id || undefined}
      data-lit={marks.lit.has(one.id) || undefined}
      data-struck={marks.struck.has(one.id) || undefined}
      data-annotation={one.id}
      onPointerEnter={() => onHover(one.id)}
      onPointerLeave={() => onHover(null)}
      onFocus={() => onHover(one.id)}
      onBlur={() => onHover(null)}
      onClick={() => onSelect(one.id)}
      onKeyDown={(event) => {
        if (event.key !== " ") return;
        event.preventDefault();
        player.toggle();
      }}
      // A button is pressed when Space comes up again.
      onKeyUp={(event) => event.key === " " && event.preventDefault()}
    >
      {String(said)}
    </button>
  );
}
