import type { Annotation } from "@/api/types";
import type { Colors } from "@/core/color";
import { decimal } from "@/core/format";
import { normalised } from "@/core/geometry";
import { boxOf, draw, isFlat } from "@/core/shapes";
import classes from "./Shapes.module.css";

export function annotationName(annotation: Annotation): string {
  const box = boxOf(annotation);
  if (!box) return `${annotation.label}, ${annotation.kind.replace("_", " ")}`;
  const [x, y, w, h] = [box.x, box.y, box.width, box.height].map((v) => decimal(v, 1));
  return `${annotation.label}, ${annotation.kind.replace("_", " ")} at ${x}, ${y}, ${w} by ${h}`;
}

export interface ShapeLook {
  selected?: boolean;
  hovered?: boolean;
  /** Drawn dashed and crossed out: this one would be removed. */
  struck?: boolean;
  dimmed?: boolean;
}

interface ShapeProps extends ShapeLook {
  annotation: Annotation;
  color: string;
  onHover?: (id: string | null) => void;
  onSelect?: (id: string) => void;
}

/** One annotation in image pixels: a dark and a light halo keep it visible on any picture. */
export function Shape({ annotation, color, onHover, onSelect, ...look }: ShapeProps) {
  const drawn = draw(annotation);
  const box = boxOf(annotation);
  if (!drawn) return null;
  const interactive = Boolean(onSelect);
  const flat = box !== null && isFlat(box);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a role is given wherever it can be pressed
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the two are given together
    <g
      className={classes.shape}
      role={interactive ? "button" : undefined}
      aria-label={interactive ? annotationName(annotation) : undefined}
      aria-pressed={interactive ? Boolean(look.selected) : undefined}
      data-annotation={annotation.id}
      data-interactive={interactive || undefined}
      data-selected={look.selected || undefined}
      data-hovered={look.hovered || undefined}
      data-struck={look.struck || undefined}
      data-dimmed={look.dimmed || undefined}
      onPointerEnter={onHover && (() => onHover(annotation.id))}
      onPointerLeave={onHover && (() => onHover(null))}
      onClick={onSelect && (() => onSelect(annotation.id))}
    >
      {interactive && <title>{annotation.label}</title>}
      <path d={drawn.d} className={classes.halo} />
      <path
        d={drawn.d}
        className={classes.line}
        stroke={color}
        fill={drawn.closed ? color : "none"}
        fillRule="evenodd"
      />
      {flat && box && <FlatMark x={normalised(box).x} y={normalised(box).y} color={color} />}
    </g>
  );
}

/** A box without area would not be seen: a ring marks its place. */
function FlatMark({ x, y, color }: { x: number; y: number; color: string }) {
  const d = `M${x} ${y}h0.0001`;
  return (
    <>
      <path d={d} className={classes.flatHalo} />
      <path d={d} className={classes.flat} stroke={color} />
    </>
  );
}

/** All annotations of a small picture in one path for each label: cheap enough for a page full of tiles. */
export function TileShapes({ annotations, colors }: { annotations: readonly Annotation[]; colors: Colors }) {
  const paths = new Map<string, string>();
  for (const annotation of annotations) {
    const drawn = draw(annotation);
    if (drawn) paths.set(annotation.label, (paths.get(annotation.label) ?? "") + drawn.d);
  }
  return (
    <>
      {[...paths].map(([label, d]) => (
        <g key={label}>
          <path d={d} className={classes.tileHalo} />
          <path d={d} className={classes.tileLine} stroke={colors(label)} />
        </g>
      ))}
    </>
  );
}
