import type { CSSProperties } from "react";
import type { Annotation } from "@/api/types";
import type { Colors } from "@/core/color";
import { type SpanLike, segments } from "@/core/text";
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
  active?: string | null;
  onHover?: (id: string | null) => void;
  onSelect?: (id: string) => void;
}

/** A text as data: shown letter for letter, with its spans highlighted. */
export function TextSpans({ text, annotations, colors, active, onHover, onSelect }: TextSpansProps) {
  const byId = new Map(annotations.map((annotation) => [annotation.id, annotation]));
  const spans = annotations.map(spanOf).filter((span) => span !== null);
  return (
    <span className={classes.text}>
      {segments(text, spans).map((segment) => {
        const innermost = byId.get(segment.spans.at(-1) ?? "");
        if (!innermost) return <span key={segment.start}>{segment.text}</span>;
        const labels = segment.spans.map((id) => byId.get(id)?.label ?? "").join(", ");
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the annotation list and the item's shortcuts select by key
          <mark
            key={segment.start}
            className={classes.span}
            data-annotation={innermost.id}
            data-active={(active && segment.spans.includes(active)) || undefined}
            style={{ "--span": colors(innermost.label) } as CSSProperties}
            title={labels}
            onPointerEnter={onHover && (() => onHover(innermost.id))}
            onPointerLeave={onHover && (() => onHover(null))}
            onClick={onSelect && (() => onSelect(innermost.id))}
          >
            {segment.text}
          </mark>
        );
      })}
    </span>
  );
}
