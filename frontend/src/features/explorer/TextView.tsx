import { useEffect } from "react";
import type { Annotation, ItemFull } from "@/api/types";
import type { Colors } from "@/core/color";
import { originalUrl } from "@/ui/media";
import { EmptyState } from "@/ui/States";
import { TextSpans } from "@/ui/TextSpans";
import type { Marks } from "./ImageView";
import classes from "./TextView.module.css";

interface TextViewProps {
  item: ItemFull;
  annotations: readonly Annotation[];
  colors: Colors;
  marks: Marks;
  onHover: (id: string | null) => void;
  onSelect: (id: string | null) => void;
  onReady: () => void;
}

export function TextView({ item, annotations, colors, marks, onHover, onSelect, onReady }: TextViewProps) {
  useEffect(onReady, [onReady]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard
    <div className={classes.frame} tabIndex={0}>
      <p className={classes.text}>
        <TextSpans
          text={item.text ?? ""}
          annotations={annotations}
          colors={colors}
          active={marks.hovered ?? marks.selected}
          onHover={onHover}
          onSelect={onSelect}
        />
      </p>
    </div>
  );
}

export function AudioView({ item, onReady }: { item: ItemFull; onReady: () => void }) {
  useEffect(onReady, [onReady]);
  if (!item.blob) return <EmptyState icon="eyeOff" title="The file of this item is missing" />;
  return (
    <div className={classes.frame}>
      {/* biome-ignore lint/a11y/useMediaCaption: the transcript, where there is one, is in the list of annotations */}
      <audio controls src={originalUrl(item.blob)} className={classes.audio} />
    </div>
  );
}
