import { useEffect, useMemo, useRef, useState } from "react";
import type { Annotation, ItemFull } from "@/api/types";
import type { Colors } from "@/core/color";
import { decimal } from "@/core/format";
import { type Size, union } from "@/core/geometry";
import { useShortcuts } from "@/core/keyboard";
import { placeOf } from "@/core/shapes";
import { IconButton } from "@/ui/Keys";
import { originalUrl, thumbUrl } from "@/ui/media";
import { Shape } from "@/ui/Shapes";
import { EmptyState } from "@/ui/States";
import { useSize } from "@/ui/useSize";
import { useZoom, type Zoom } from "@/ui/useZoom";
import classes from "./ImageView.module.css";
import { WholeLabels } from "./WholeLabels";

export interface Marks {
  hovered: string | null;
  selected: string | null;
  struck: ReadonlySet<string>;
  /** Annotations of the finding shown; empty when none is. */
  lit: ReadonlySet<string>;
}

interface ImageViewProps {
  item: ItemFull;
  annotations: readonly Annotation[];
  colors: Colors;
  marks: Marks;
  onHover: (id: string | null) => void;
  onSelect: (id: string | null) => void;
  onReady: () => void;
}

interface Picture {
  url: string;
  size: Size | null;
  state: "loading" | "shown" | "failed";
}

/** Loads the original; where the browser cannot show it (TIFF, say) a large thumbnail; reports its natural size. */
function usePicture(blob: string): Picture {
  const [picture, setPicture] = useState<Picture & { blob: string }>({ blob, url: "", size: null, state: "loading" });
  useEffect(() => {
    let dead = false;
    const attempt = (urls: string[]) => {
      const [url, ...others] = urls;
      if (url === undefined) return setPicture({ blob, url: "", size: null, state: "failed" });
      const image = new Image();
      image.onload = () => {
        const size = { width: image.naturalWidth, height: image.naturalHeight };
        if (!dead) setPicture({ blob, url, size, state: "shown" });
      };
      image.onerror = () => {
        if (!dead) attempt(others);
      };
      image.src = url;
    };
    attempt([originalUrl(blob), thumbUrl(blob, 512)]);
    return () => {
      dead = true;
    };
  }, [blob]);
  return picture.blob === blob ? picture : { url: "", size: null, state: "loading" };
}

export function ImageView(props: ImageViewProps) {
  const { item, onReady } = props;
  const picture = usePicture(item.blob ?? "");
  const done = picture.state !== "loading" || !item.blob;
  useEffect(() => {
    if (done) onReady();
  }, [done, onReady]);
  const content = useMemo<Size | null>(() => {
    if (item.width && item.height) return { width: item.width, height: item.height };
    return picture.size;
  }, [item.width, item.height, picture.size]);
  if (!item.blob) return <EmptyState icon="eyeOff" title="The file of this item is missing" />;
  if (picture.state === "failed" && !content) return <EmptyState icon="error" title="This image cannot be read" />;
  return <Canvas {...props} picture={picture} content={content} />;
}

function Canvas({ picture, content, ...props }: ImageViewProps & { picture: Picture; content: Size | null }) {
  const { item, annotations, marks } = props;
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const zoom = useZoom(frame, size, content, item.id);
  const scale = zoom.view?.scale ?? 1;
  const focus = () => {
    const shown = annotations.filter((a) => a.id === marks.selected || (!marks.selected && marks.lit.has(a.id)));
    const rect = union(shown.map(placeOf).filter((box) => box !== null));
    if (rect) zoom.to(rect);
  };
  useShortcuts("item", {
    fit: zoom.fit,
    actual: zoom.actual,
    larger: () => zoom.by(1.25),
    smaller: () => zoom.by(0.8),
    focus,
  });
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the annotation list and the item's shortcuts select by key
    // biome-ignore lint/a11y/noStaticElementInteractions: a press on the ground unselects, as Esc does
    <div
      ref={frame}
      className={classes.frame}
      data-panning={zoom.panning || undefined}
      onPointerDown={zoom.onPointerDown}
      onClick={(event) => {
        const onShape = event.target instanceof Element && event.target.closest("[data-interactive]");
        if (!onShape && !zoom.dragged()) props.onSelect(null);
      }}
    >
      <svg className={classes.canvas} role="group" aria-label={`${item.name} with its annotations`}>
        {zoom.view && content && (
          <g transform={`translate(${zoom.view.x} ${zoom.view.y}) scale(${scale})`}>
            {picture.url && (
              <image
                href={picture.url}
                width={content.width}
                height={content.height}
                preserveAspectRatio="none"
                className={scale > 3 ? classes.pixels : undefined}
              />
            )}
            <rect width={content.width} height={content.height} className={classes.edge} />
            <Annotations {...props} zoom={zoom} />
          </g>
        )}
      </svg>
      <div className={classes.whole}>
        <WholeLabels annotations={annotations} colors={props.colors} marks={marks} onSelect={props.onSelect} />
      </div>
      <ZoomBar zoom={zoom} />
    </div>
  );
}

/** Every shape keeps its place in the order of Tab; what is selected or lit is drawn once more, above the others. */
function Annotations({ annotations, colors, marks, onHover, onSelect, zoom }: ImageViewProps & { zoom: Zoom }) {
  const dims = marks.lit.size > 0;
  const isRaised = (id: string) => id === marks.selected || marks.lit.has(id);
  const select = (id: string) => {
    if (!zoom.dragged()) onSelect(id);
  };
  return (
    <>
      {annotations.map((annotation) => (
        <Shape
          key={annotation.id}
          annotation={annotation}
          colors={colors}
          selected={annotation.id === marks.selected}
          hovered={annotation.id === marks.hovered}
          dimmed={dims && !isRaised(annotation.id) && annotation.id !== marks.hovered}
          onHover={onHover}
          onSelect={select}
        />
      ))}
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: these copies have no handlers and cannot be focused */}
      <g className={classes.raised} aria-hidden="true">
        {annotations
          .filter(({ id }) => isRaised(id))
          .map((annotation) => (
            <Shape
              key={annotation.id}
              annotation={annotation}
              colors={colors}
              selected={annotation.id === marks.selected}
              hovered={annotation.id === marks.hovered}
              struck={marks.struck.has(annotation.id)}
            />
          ))}
      </g>
    </>
  );
}

function ZoomBar({ zoom }: { zoom: Zoom }) {
  const percent = zoom.view ? `${decimal(zoom.view.scale * 100, 0)} %` : "";
  return (
    <div className={classes.zoom} onPointerDown={(event) => event.stopPropagation()}>
      <IconButton icon="minus" label="Zoom out" hint="item.smaller" onClick={() => zoom.by(0.8)} />
      <button
        type="button"
        className={classes.percent}
        onClick={zoom.actual}
        aria-label={`Zoom ${percent}; show at 100 %`}
      >
        {percent}
      </button>
      <IconButton icon="plus" label="Zoom in" hint="item.larger" onClick={() => zoom.by(1.25)} />
      <IconButton icon="fit" label="Fit the image" hint="item.fit" onClick={zoom.fit} />
    </div>
  );
}
