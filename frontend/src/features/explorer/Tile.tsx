import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Annotation, Item } from "@/api/types";
import type { Colors } from "@/core/color";
import { clock } from "@/core/describe";
import type { FlatFilters } from "@/core/filters";
import { plural, shorten } from "@/core/format";
import { sizeFor, thumbUrl } from "@/ui/media";
import { SeverityLine } from "@/ui/Severity";
import { TileShapes } from "@/ui/Shapes";
import { Swatch } from "@/ui/Swatch";
import { TextSpans } from "@/ui/TextSpans";
import { SoundPicture } from "@/ui/Wave";
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
    return (
      <div className={classes.text}>
        {overlays && <Tags item={item} colors={colors} />}
        {!item.text && <span className="dim">(empty)</span>}
        <TextSpans text={head(item.text ?? "")} annotations={overlays ? item.annotations : NONE} colors={colors} />
      </div>
    );
  }
  if (item.kind === "audio") return <Sound item={item} overlays={overlays} colors={colors} />;
  if (!item.blob) return <div className={classes.none}>No media</div>;
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
      {overlays && (
        <span className={classes.over}>
          <Tags item={item} colors={colors} />
        </span>
      )}
    </>
  );
}

const NONE: readonly Annotation[] = [];
const MOST_LETTERS = 600;

/** As much of a text as a tile can show. */
const head = (text: string) =>
  text.length > MOST_LETTERS
    ? Array.from(text.slice(0, 2 * MOST_LETTERS))
        .slice(0, MOST_LETTERS)
        .join("")
    : text;

/** What is said of the whole item. */
function Tags({ item, colors }: { item: Item; colors: Colors }) {
  const whole = item.annotations.filter((one) => one.kind === "category" || one.kind === "multi_category");
  return whole.map((annotation) => (
    <span key={annotation.id} className={classes.tag}>
      <Swatch color={colors(annotation.label)} />
      {annotation.label}
    </span>
  ));
}

function Sound({ item, overlays, colors }: { item: Item; overlays: boolean; colors: Colors }) {
  return (
    <>
      <SoundPicture item={item} annotations={overlays ? item.annotations : NONE} colors={colors} parts={128} />
      {item.duration !== null && <span className={classes.length}>{clock(item.duration)}</span>}
      {overlays && (
        <span className={classes.over}>
          <Tags item={item} colors={colors} />
        </span>
      )}
    </>
  );
}
