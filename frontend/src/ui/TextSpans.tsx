import { type CSSProperties, useMemo } from "react";
import type { Annotation } from "@/api/types";
import type { Colors } from "@/core/color";
import { spokenName } from "@/core/describe";
import type { Mark } from "@/core/evidence";
import { lanes, type Segment, type SpanLike, segments, visible } from "@/core/text";
import classes from "./TextSpans.module.css";

export function spanOf(annotation: Annotation): SpanLike | null {
  const geometry = annotation.geometry as { type?: unknown; start?: unknown; end?: unknown } | null;
  if (annotation.kind !== "span" || typeof geometry?.start !== "number" || typeof geometry.end !== "number")
    return null;
  return { id: annotation.id, start: geometry.start, end: geometry.end };
}

interface TextSpansProps {
  text: string;
  annotations: readonly Annotation[];
  colors: Colors;
  /** How many code points of the item's text lie before this part of it. */
  offset?: number;
  /** Places that a finding is about. */
  evidence?: readonly Mark[];
  /** Ids of spans that would be removed. */
  struck?: ReadonlySet<string>;
  active?: ReadonlySet<string>;
  selected?: string | null;
  onHover?: (id: string | null) => void;
  /** With it each span is a button, named by its label. */
  onSelect?: (id: string) => void;
}

const NONE: ReadonlySet<string> = new Set();

/** A text as data: shown letter for letter, with its spans highlighted, those that overlap each by a line of its own. */
export function TextSpans(props: TextSpansProps) {
  const { text, annotations, offset = 0, evidence = [] } = props;
  const { cut, lane, byId, begins } = useMemo(() => {
    const shift = <T extends { start: number; end: number }>(one: T): T => ({
      ...one,
      start: one.start - offset,
      end: one.end - offset,
    });
    const spans = annotations.map(spanOf).filter((span) => span !== null);
    const shown = spans.map(shift);
    const cut = segments(text, [...evidence.map(shift), ...shown]);
    const begins = new Map<string, number>();
    for (const segment of cut) for (const id of segment.spans) if (!begins.has(id)) begins.set(id, segment.start);
    return { cut, lane: lanes(shown), begins, byId: new Map(annotations.map((one) => [one.id, one])) };
  }, [text, annotations, offset, evidence]);
  const depth = Math.max(0, ...lane.values());
  return (
    <span className={classes.text} style={{ "--lanes": depth } as CSSProperties}>
      {cut.map((segment) => (
        <Part key={segment.start} {...props} segment={segment} lane={lane} byId={byId} begins={begins} />
      ))}
    </span>
  );
}

interface PartProps extends TextSpansProps {
  segment: Segment;
  lane: ReadonlyMap<string, number>;
  byId: ReadonlyMap<string, Annotation>;
  begins: ReadonlyMap<string, number>;
}

function Part({ segment, lane, byId, begins, ...props }: PartProps) {
  const covering = segment.spans.flatMap((id) => byId.get(id) ?? []);
  const isEvidence = covering.length < segment.spans.length;
  const shown = isEvidence && Array.from(segment.text).length === 1 ? visible(segment.text) : null;
  const letters = shown ? <span className={classes.invisible}>{shown}</span> : segment.text;
  const inner = covering.toSorted((a, b) => (lane.get(b.id) ?? 0) - (lane.get(a.id) ?? 0))[0];
  if (!inner) return isEvidence ? <mark className={classes.evidence}>{letters}</mark> : <span>{letters}</span>;
  const starting = covering.filter((one) => begins.get(one.id) === segment.start);
  const { active = NONE, struck = NONE, colors, onSelect, onHover } = props;
  return (
    <>
      {onSelect && starting.map((one) => <Tag key={one.id} {...props} annotation={one} onSelect={onSelect} />)}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the tag where the span begins is its button */}
      <mark
        className={classes.span}
        data-annotation={inner.id}
        data-active={covering.some((one) => active.has(one.id) || one.id === props.selected) || undefined}
        data-struck={covering.some((one) => struck.has(one.id)) || undefined}
        data-evidence={isEvidence || undefined}
        style={{ "--span": colors(inner.label), boxShadow: underlines(covering, lane, colors) } as CSSProperties}
        title={covering.map((one) => one.label).join(", ")}
        onPointerEnter={onHover && (() => onHover(inner.id))}
        onPointerLeave={onHover && (() => onHover(null))}
        onClick={onSelect && (() => onSelect(inner.id))}
      >
        {letters}
      </mark>
    </>
  );
}

/** Lines below the text, one a lane: shadows, each of which hides all but the edge of the next. A free lane is blank. */
function underlines(covering: readonly Annotation[], lane: ReadonlyMap<string, number>, colors: Colors): string {
  const byLane = new Map(covering.map((one) => [lane.get(one.id) ?? 0, colors(one.label)]));
  const ground = "var(--ground, var(--cd-bg))";
  return Array.from({ length: 1 + Math.max(...byLane.keys()) }, (_, at) => [
    `0 ${at * 4 + 2}px 0 ${byLane.get(at) ?? ground}`,
    `0 ${at * 4 + 4}px 0 ${ground}`,
  ])
    .flat()
    .join(", ");
}

interface TagProps extends TextSpansProps {
  annotation: Annotation;
  onSelect: (id: string) => void;
}

/** The span's label where it begins: its button. It is no part of the text and is not copied with it. */
function Tag({ annotation, text, colors, offset, selected, onHover, onSelect }: TagProps) {
  const { id, label } = annotation;
  return (
    <button
      type="button"
      className={classes.tag}
      style={{ "--span": colors(label) } as CSSProperties}
      aria-label={offset ? label : spokenName(annotation, text)}
      aria-pressed={selected === id}
      onPointerEnter={() => onHover?.(id)}
      onPointerLeave={() => onHover?.(null)}
      onFocus={() => onHover?.(id)}
      onBlur={() => onHover?.(null)}
      onClick={() => onSelect(id)}
    >
      {label}
    </button>
  );
}
