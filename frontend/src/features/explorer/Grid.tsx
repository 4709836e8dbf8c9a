import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Colors } from "@/core/color";
import { type Filters, type FlatFilters, writeFilters } from "@/core/filters";
import { clamp } from "@/core/geometry";
import { type GridShape, gridShape } from "@/core/grid";
import { useShortcuts } from "@/core/keyboard";
import { useReady } from "@/core/ready";
import { EmptyState, ErrorState } from "@/ui/States";
import { useRows } from "@/ui/useRows";
import { useSize } from "@/ui/useSize";
import classes from "./Grid.module.css";
import { Tile } from "./Tile";
import { type Items, useItems } from "./useItems";

const GAP = 12;
const CAPTION = 24;
const PADDING = 20;
/** Skeleton tiles before the number of items is known. */
const EXPECTED = 40;

interface GridProps {
  dataset: string;
  filters: Filters;
  /** Wanted width of a tile in pixels. */
  size: number;
  overlays: boolean;
  colors: Colors;
  onTotal: (total: number | undefined) => void;
  onClear: () => void;
}

/** The virtual grid: draws the rows in sight and fetches their pages, for any number of items. */
export function Grid(props: GridProps) {
  const { dataset, filters, size, onTotal } = props;
  const frame = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(frame);
  const [total, setTotal] = useState<number | undefined>();
  const inner = Math.max(0, width - 2 * PADDING);
  const shape = gridShape(total ?? EXPECTED, inner, size, GAP, CAPTION);
  const rows = useRows(frame, shape.rows, shape.rowHeight, Math.max(0, height - PADDING));
  const items = useItems(dataset, filters, rows.first * shape.columns, rows.last * shape.columns);
  const [current, setCurrent] = useGridKeys(props, items, shape.columns, rows.reveal);

  useEffect(() => {
    if (items.total === undefined) return;
    setTotal(items.total);
    onTotal(items.total);
  }, [items.total, onTotal]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another selection starts at the top again
  useEffect(() => {
    rows.reveal(0);
    setCurrent(-1);
  }, [filters, dataset]);
  useReady("explorer", items.loaded || items.error !== null);

  const search = useMemo(() => writeFilters(filters), [filters]);
  const drawn = Array.from({ length: rows.last - rows.first }, (_, i) => rows.first + i);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard
    <section className={classes.frame} ref={frame} aria-label="Items" tabIndex={0}>
      {items.error !== null && <ErrorState error={items.error} retry={items.retry} />}
      {items.total === 0 && <NoItems onClear={props.onClear} />}
      <div className={classes.track} style={{ height: items.error || items.total === 0 ? 0 : rows.height }} role="list">
        {items.error === null &&
          drawn.map((row, i) => (
            <GridRow
              key={row}
              {...props}
              row={row}
              top={rows.offset + i * shape.rowHeight}
              shape={shape}
              items={items}
              count={total}
              current={current}
              search={search}
            />
          ))}
      </div>
    </section>
  );
}

interface GridRowProps extends GridProps {
  row: number;
  top: number;
  shape: GridShape;
  items: Items;
  /** How many items there are; not known before the first page. */
  count: number | undefined;
  current: number;
  search: FlatFilters;
}

function GridRow({ row, top, shape, items, count, current, search, ...props }: GridRowProps) {
  const indices = Array.from({ length: shape.columns }, (_, column) => row * shape.columns + column);
  return (
    <div className={classes.row} role="presentation" style={{ transform: `translateY(${top}px)`, gap: GAP }}>
      {indices
        .filter((index) => index < (count ?? EXPECTED))
        .map((index) => (
          <Tile
            key={index}
            dataset={props.dataset}
            item={items.at(index)}
            index={index}
            total={count ?? 0}
            width={shape.tileWidth}
            overlays={props.overlays}
            colors={props.colors}
            current={index === current}
            search={search}
          />
        ))}
    </div>
  );
}

function NoItems({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState icon="search" title="No item passes these filters">
      <button type="button" className={classes.clear} onClick={onClear}>
        Clear the filters
      </button>
    </EmptyState>
  );
}

/** Arrows move a mark over the tiles; Enter opens the marked one. */
function useGridKeys(props: GridProps, items: Items, columns: number, reveal: (row: number) => void) {
  const [current, setCurrent] = useState(-1);
  const navigate = useNavigate();
  const move = (by: number) => {
    const next = current < 0 ? 0 : clamp(current + by, 0, Math.max(0, (items.total ?? 1) - 1));
    setCurrent(next);
    reveal(Math.floor(next / columns));
  };
  const open = () => {
    const item = items.at(current);
    if (!item) return;
    void navigate({
      to: "/datasets/$dataset/items/$item",
      params: { dataset: props.dataset, item: item.id },
      search: writeFilters(props.filters),
    });
  };
  useShortcuts("explorer", {
    left: () => move(-1),
    right: () => move(1),
    up: () => move(-columns),
    down: () => move(columns),
    open,
    clear: props.onClear,
  });
  return [current, setCurrent] as const;
}
