import { useEffect, useMemo } from "react";
import { textMarks } from "@/core/evidence";
import { TextSpans } from "@/ui/TextSpans";
import type { SoundViewProps } from "./AudioView";
import classes from "./TextView.module.css";
import { WholeLabels } from "./WholeLabels";

export function TextView({ item, annotations, colors, marks, evidence, onHover, onSelect, onReady }: SoundViewProps) {
  useEffect(onReady, [onReady]);
  const places = useMemo(() => textMarks(evidence), [evidence]);
  const active = useMemo(() => new Set([...marks.lit, ...(marks.hovered ? [marks.hovered] : [])]), [marks]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard
    <div className={classes.frame} tabIndex={0}>
      <div className={classes.text}>
        <WholeLabels annotations={annotations} colors={colors} marks={marks} onSelect={onSelect} />
        {item.text ? (
          <p>
            <TextSpans
              text={item.text}
              annotations={annotations}
              colors={colors}
              evidence={places}
              struck={marks.struck}
              active={active}
              selected={marks.selected}
              onHover={onHover}
              onSelect={onSelect}
            />
          </p>
        ) : (
          <p className="dim">This text is empty.</p>
        )}
      </div>
    </div>
  );
}
