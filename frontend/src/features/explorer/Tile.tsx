import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Item } from "@/api/types";
import type { Colors } from "@/core/color";
import type { FlatFilters } from "@/core/filters";
import { plural, shorten } from "@/core/format";
import { sizeFor, thumbUrl } from "@/ui/media";
import { SeverityLine } from "@/ui/Severity";
import { TileShapes } from "@/ui/Shapes";
import { Swatch } from "@/ui/Swatch";
import { TextSpans } from "@/ui/TextSpans";
import classes from "./Tile.module.css";

interface TileProps {
  dataset: string;
  item: Item | undefined;
  index: number;
  total: number;
  width: number;
  overlays: boolean;
  colors: Colors;
  current: boolean;
  search: FlatFilters;
}

export const Tile = memo(function Tile({ item, index, total, width, current, ...rest }: TileProps) {
  const height = Math.round(width * 0.75);
  const place = { role: "listitem", "aria-setsize": total, "aria-posinset": index + 1 };
  if (!item) {
    return (
      <div {...place} className={classes.tile} style={{ width }} aria-busy="true">
        <div className={classes.skeleton} style={{ height }} />
      </div>
    );
  }
  const findings = item.finding_counts.error + item.finding_counts.warning + item.finding_counts.info;
  return (
    <div {...place} className={classes.tile} style={{ width }} data-current={current || undefined}>
      <Link
        to="/datasets/$dataset/items/$item"
        params={{ dataset: rest.dataset, item: item.id }}
        search={rest.search}
        className={classes.link}
        data-index={index}
      >
        <span className="hidden">
          {item.name}, {plural(item.annotations.length, "annotation")}, {plural(findings, "open finding")}
        </span>
        <div className={classes.media} style={{ height }} aria-hidden="true">
          <Media item={item} width={width} overlays={rest.overlays} colors={rest.colors} />
        </div>
        <div className={classes.caption} aria-hidden="true">
          <span className={classes.name} title={item.name}>
            {shorten(item.name, Math.floor(width / 7.6) - (findings > 0 ? 6 : 0))}
          </span>
          {findings > 0 && <SeverityLine counts={item.finding_counts} />}
        </div>
      </Link>
    </div>
  );
});

type MediaProps = Pick<TileProps, "width" | "overlays" | "colors"> & { item: Item };

function Media({ item, width, overlays, colors }: MediaProps) {
  if (item.kind === "text") {
    const whole = item.annotations.filter((annotation) => annotation.kind !== "span");
    return (
      <div className={classes.text}>
        {overlays &&
          whole.map((annotation) => (
            <span key={annotation.id} className={classes.tag}>
              <Swatch color={colors(annotation.label)} />
              {annotation.label}
            </span>
          ))}
        <TextSpans text={item.text ?? ""} annotations={overlays ? item.annotations : []} colors={colors} />
      </div>
    );
  }
  if (!item.blob || item.kind === "audio") {
    return <div className={classes.none}>{item.kind === "audio" ? "Audio" : "No media"}</div>;
  }
  const drawn = overlays && item.width && item.height;
  return (
    <>
      <img
        className={classes.image}
        src={thumbUrl(item.blob, sizeFor(width))}
        alt=""
        decoding="async"
        draggable={false}
      />
      {drawn && (
        <svg className={classes.overlay} viewBox={`0 0 ${item.width} ${item.height}`} aria-hidden="true">
          <TileShapes annotations={item.annotations} colors={colors} />
        </svg>
      )}
    </>
  );
}
