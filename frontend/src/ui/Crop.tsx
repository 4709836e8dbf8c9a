import type { Annotation, ItemCard } from "@/api/types";
import type { Colors } from "@/core/color";
import { cropAround, intersection, type Rect, union } from "@/core/geometry";
import { boxOf } from "@/core/shapes";
import classes from "./Crop.module.css";
import { cropUrl, type Size, sizeFor, thumbUrl } from "./media";
import { Shape } from "./Shapes";
import { TextSpans } from "./TextSpans";

interface CropProps {
  item: Pick<ItemCard, "name" | "blob" | "width" | "height" | "kind" | "text">;
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
}

/** The part of an item that a finding or a change is about, with the annotations drawn on it. */
export function Crop(props: CropProps) {
  const { item } = props;
  if (item.kind === "text") {
    return (
      <div className={classes.text}>
        <TextSpans text={item.text ?? ""} annotations={props.annotations} colors={props.colors} />
      </div>
    );
  }
  if (!item.blob) return <div className={classes.none}>No media</div>;
  return <Picture {...props} blob={item.blob} />;
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
  const boxes = (frame ?? annotations).map(boxOf).filter((box) => box !== null);
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
        <Shape
          key={annotation.id}
          annotation={annotation}
          color={colors(annotation.label)}
          struck={struck?.has(annotation.id)}
        />
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
