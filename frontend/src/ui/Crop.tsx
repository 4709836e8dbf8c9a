import { useMemo } from "react";
import type { Annotation, ItemCard } from "@/api/types";
import type { Colors } from "@/core/color";
import { soundMarks, textMarks } from "@/core/evidence";
import { cropAround, intersection, type Rect, union } from "@/core/geometry";
import { placeOf } from "@/core/shapes";
import { excerptAround } from "@/core/text";
import classes from "./Crop.module.css";
import { cropUrl, type Size, sizeFor, thumbUrl } from "./media";
import { Shape } from "./Shapes";
import { Swatch } from "./Swatch";
import { spanOf, TextSpans } from "./TextSpans";
import { SoundPicture } from "./Wave";

interface CropProps {
  item: Pick<ItemCard, "name" | "blob" | "width" | "height" | "kind" | "text" | "duration">;
  annotations: readonly Annotation[];
  colors: Colors;
  /** Ids that are drawn as to be removed. */
  struck?: ReadonlySet<string>;
  /** CSS pixels of the longer side, to choose how sharp a picture to ask for. */
  pixels: number;
  aspect?: number;
  /** What the part shown lies around, where that is not the annotations drawn. */
  frame?: readonly Annotation[];
  /** Show the whole image instead of the part around the annotations. */
  whole?: boolean;
  /** What the finding's rule says of the place in a text or sound. */
  evidence?: Readonly<Record<string, unknown>>;
}

const NOTHING: Readonly<Record<string, unknown>> = {};

/** The part of an item that a finding or a change is about, with the annotations drawn on it. */
export function Crop(props: CropProps) {
  const { item } = props;
  if (item.kind === "text") return <TextPart {...props} />;
  if (item.kind === "audio") return <Sound {...props} />;
  if (!item.blob) return <div className={classes.none}>No media</div>;
  return <Picture {...props} blob={item.blob} />;
}

function Sound({ item, annotations, colors, struck, evidence = NOTHING }: CropProps) {
  return (
    <SoundPicture
      item={item}
      annotations={annotations}
      colors={colors}
      struck={struck}
      parts={512}
      marks={(duration) => soundMarks(evidence, duration)}
    />
  );
}

/** The part of a text around what is marked in it. */
function TextPart({ item, annotations, colors, struck, frame, pixels, evidence = NOTHING }: CropProps) {
  const marks = useMemo(() => textMarks(evidence), [evidence]);
  const places = [...(frame ?? annotations).map(spanOf).filter((span) => span !== null), ...marks];
  const start = Math.min(...places.map((place) => place.start));
  const end = Math.max(...places.map((place) => place.end));
  const room = pixels < 100 ? 30 : pixels < 300 ? 240 : 900;
  const part = excerptAround(item.text ?? "", places.length ? start : 0, places.length ? end : 0, room);
  const whole = annotations.filter((one) => one.kind === "category");
  return (
    <div className={classes.text}>
      {pixels >= 100 &&
        whole.map((one) => (
          <span key={one.id} className={classes.whole} data-struck={struck?.has(one.id) || undefined}>
            <Swatch color={colors(one.label)} />
            {one.label}
          </span>
        ))}
      {part.text === "" && <span className="dim">(an empty text)</span>}
      {part.cutBefore && "… "}
      <TextSpans
        text={part.text}
        offset={part.offset}
        annotations={annotations}
        colors={colors}
        struck={struck}
        evidence={marks}
      />
      {part.cutAfter && " …"}
    </div>
  );
}

function Picture({
  item,
  blob,
  annotations,
  colors,
  struck,
  pixels,
  aspect = 1,
  frame,
  whole,
}: CropProps & { blob: string }) {
  const size = { width: item.width ?? 0, height: item.height ?? 0 };
  const boxes = (frame ?? annotations).map(placeOf).filter((box) => box !== null);
  const subject = union(boxes);
  const known = size.width > 0 && size.height > 0;
  if (!known && (whole || !subject)) {
    return <img className={classes.plain} src={thumbUrl(blob, sizeFor(pixels))} alt={item.name} />;
  }
  const all: Rect = known ? { x: 0, y: 0, ...size } : { x: 0, y: 0, width: 1e6, height: 1e6 };
  const region = whole || !subject ? all : cropAround(subject, all, aspect);
  return (
    <svg
      className={classes.picture}
      viewBox={`${region.x} ${region.y} ${region.width} ${region.height}`}
      role="img"
      aria-label={`${item.name}: ${annotations.map((a) => a.label).join(", ") || "the whole image"}`}
    >
      <Photo blob={blob} region={region} frame={all} size={sizeFor(pixels)} />
      {annotations.map((annotation) => (
        <Shape key={annotation.id} annotation={annotation} colors={colors} struck={struck?.has(annotation.id)} />
      ))}
    </svg>
  );
}

function Photo({ blob, region, frame, size }: { blob: string; region: Rect; frame: Rect; size: Size }) {
  const part = intersection(region, frame);
  if (!part) return null;
  const isWhole = part.width === frame.width && part.height === frame.height;
  return (
    <image
      href={isWhole ? thumbUrl(blob, size) : cropUrl(blob, part, size)}
      x={part.x}
      y={part.y}
      width={part.width}
      height={part.height}
      preserveAspectRatio="none"
    />
  );
}
