import type { Annotation } from "@/api/types";
import type { Colors } from "@/core/color";
import { placeWords, secondsOf } from "@/core/describe";
import { boxOf } from "@/core/shapes";
import { Swatch } from "@/ui/Swatch";
import { spanOf } from "@/ui/TextSpans";
import type { Marks } from "./ImageView";
import classes from "./WholeLabels.module.css";

interface WholeLabelsProps {
  annotations: readonly Annotation[];
  colors: Colors;
  marks: Marks;
  onSelect: (id: string | null) => void;
}

/** What is said of the whole item, and what has no place that could be drawn: a line of labels. */
export function WholeLabels({ annotations, colors, marks, onSelect }: WholeLabelsProps) {
  const whole = annotations.filter((one) => !boxOf(one) && !spanOf(one) && !secondsOf(one));
  if (whole.length === 0) return null;
  return (
    <ul className={classes.list} aria-label="Labels of the whole item">
      {whole.map((one) => (
        <li key={one.id}>
          <button
            type="button"
            className={classes.label}
            aria-pressed={marks.selected === one.id}
            data-hovered={marks.hovered === one.id || undefined}
            data-struck={marks.struck.has(one.id) || undefined}
            data-annotation={one.id}
            onPointerDown={(event) => event.stopPropagation()}
            onClick={(event) => {
              event.stopPropagation();
              onSelect(marks.selected === one.id ? null : one.id);
            }}
          >
            <Swatch color={colors(one.label)} />
            {one.label}
            {one.kind !== "category" && <span className="dim"> {placeWords(one, null)}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
