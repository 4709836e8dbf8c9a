import type { KeyboardEvent } from "react";
import type { Annotation } from "@/api/types";
import type { Colors } from "@/core/color";
import { spokenName } from "@/core/describe";
import { normalised } from "@/core/geometry";
import { type Bones, boxOf, boxPath, type Drawn, declaredBox, draw, isFlat } from "@/core/shapes";
import classes from "./Shapes.module.css";

export interface ShapeLook {
  selected?: boolean;
  hovered?: boolean;
  /** Drawn dashed and crossed out: this one would be removed. */
  struck?: boolean;
  dimmed?: boolean;
}

interface ShapeProps extends ShapeLook {
  annotation: Annotation;
  colors: Colors;
  onHover?: (id: string | null) => void;
  onSelect?: (id: string) => void;
}

const bonesOf = (annotation: Annotation, colors: Colors): Bones | undefined => colors.skeleton(annotation.label)?.bones;

/** What makes a shape a button: by pointer, and by Tab with Enter or Space. */
function pressable({ annotation, onHover, onSelect, selected }: ShapeProps) {
  if (!onSelect) return {};
  return {
    role: "button",
    tabIndex: 0,
    "aria-label": spokenName(annotation),
    "aria-pressed": Boolean(selected),
    "data-interactive": true,
    onPointerEnter: () => onHover?.(annotation.id),
    onPointerLeave: () => onHover?.(null),
    onFocus: () => onHover?.(annotation.id),
    onBlur: () => onHover?.(null),
    onClick: () => onSelect(annotation.id),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      onSelect(annotation.id);
    },
  };
}

/** One annotation in image pixels: a dark and a light halo keep it visible on any picture. */
export function Shape(props: ShapeProps) {
  const { annotation, colors, onSelect } = props;
  const drawn = draw(annotation, bonesOf(annotation, colors));
  const declared = declaredBox(annotation, bonesOf(annotation, colors));
  const box = boxOf(annotation);
  if (!drawn) return null;
  const color = colors(annotation.label);
  return (
    <g
      className={classes.shape}
      data-annotation={annotation.id}
      data-kind={annotation.kind}
      data-selected={props.selected || undefined}
      data-hovered={props.hovered || undefined}
      data-struck={props.struck || undefined}
      data-dimmed={props.dimmed || undefined}
      {...pressable(props)}
    >
      {onSelect && <title>{annotation.label}</title>}
      {declared && <path d={boxPath(declared)} className={classes.declaredHalo} />}
      {declared && <path d={boxPath(declared)} className={classes.declared} stroke={color} />}
      <Lines drawn={drawn} color={color} />
      {box !== null && isFlat(box) && <FlatMark x={normalised(box).x} y={normalised(box).y} color={color} />}
    </g>
  );
}

function Lines({ drawn, color }: { drawn: Drawn; color: string }) {
  return (
    <>
      {drawn.lines && (
        <>
          <path d={drawn.lines} className={classes.halo} />
          <path d={drawn.lines} className={classes.line} stroke={color} fill="none" />
        </>
      )}
      <path d={drawn.d} className={classes.halo} />
      <path
        d={drawn.d}
        className={classes.line}
        stroke={color}
        fill={drawn.closed ? color : "none"}
        fillRule="evenodd"
      />
      {drawn.dots && <path d={drawn.dots} className={classes.dotHalo} />}
      {drawn.dots && <path d={drawn.dots} className={classes.dot} stroke={color} />}
      {drawn.hollow && <path d={drawn.hollow} className={classes.dot} stroke={color} />}
      {drawn.hollow && <path d={drawn.hollow} className={classes.hole} />}
    </>
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
  const joints = new Map<string, string>();
  for (const annotation of annotations) {
    const drawn = draw(annotation, bonesOf(annotation, colors));
    if (!drawn) continue;
    const { label } = annotation;
    const { d, lines = "", dots = "", hollow = "" } = drawn;
    paths.set(label, (paths.get(label) ?? "") + d + lines);
    if (dots || hollow) joints.set(label, (joints.get(label) ?? "") + dots + hollow);
  }
  return (
    <>
      {[...paths].map(([label, d]) => (
        <g key={label}>
          <path d={d} className={classes.tileHalo} />
          <path d={d} className={classes.tileLine} stroke={colors(label)} />
          {joints.has(label) && <path d={joints.get(label)} className={classes.tileDot} stroke={colors(label)} />}
        </g>
      ))}
    </>
  );
}
