import { Skeleton } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { Facets } from "@/api/types";
import type { Colors } from "@/core/color";
import { type Field, type Filters, toggled, valuesOf } from "@/core/filters";
import { compact, count, title } from "@/core/format";
import { Icon } from "@/ui/icons";
import { Swatch } from "@/ui/Swatch";
import classes from "./FacetPanel.module.css";

interface FacetPanelProps {
  facets: Facets | undefined;
  filters: Filters;
  colors: Colors;
  onChange: (change: (before: Filters) => Filters) => void;
}

interface Value {
  value: string;
  items: number;
  note?: string;
}

/** Counts by label, split, rule and metadata. Each row is a filter; each count is the number of items behind it. */
export function FacetPanel({ facets, filters, colors, onChange }: FacetPanelProps) {
  if (!facets) return <PanelSkeleton />;
  const group = (heading: string, field: Field, values: Value[], more = 0) => (
    <FacetGroup
      key={field}
      heading={heading}
      values={values}
      more={more}
      chosen={valuesOf(filters, field)}
      closed={field.startsWith("meta.") && saysLittle(values, more, facets.total)}
      mark={field === "label" ? (value) => <Swatch color={colors(value)} /> : undefined}
      onToggle={(value) => onChange((before) => toggled(before, field, value))}
    />
  );
  const labels = facets.labels.map((one) => ({ ...one, note: `${count(one.annotations)} annotations` }));
  return (
    <div className={classes.panel}>
      {group("Labels", "label", labels)}
      {facets.splits.length > 0 && group("Splits", "split", facets.splits)}
      {facets.rules.length > 0 && group("Open findings", "rule", facets.rules)}
      {facets.kinds.length > 1 && group("Kinds", "kind", facets.kinds)}
      {facets.metadata
        .filter((one) => one.values.length > 0 || valuesOf(filters, `meta.${one.key}`).length > 0)
        .map((one) => group(title(one.key), `meta.${one.key}`, one.values, one.more))}
    </div>
  );
}

function PanelSkeleton() {
  return (
    <div className={classes.panel} role="status" aria-label="Loading the facets">
      {[70, 90, 60, 80, 75, 50, 85].map((width) => (
        <Skeleton key={width} height={14} width={`${width}%`} my={9} />
      ))}
    </div>
  );
}

interface FacetGroupProps {
  heading: string;
  values: Value[];
  more: number;
  chosen: string[];
  closed: boolean;
  mark?: (value: string) => ReactNode;
  onToggle: (value: string) => void;
}

const SHOWN = 8;

/** What all items share, and what hardly two of them do, is no way to find anything: closed until asked for. */
function saysLittle(values: Value[], more: number, total: number): boolean {
  const shared = more === 0 && values.length === 1 && values[0]?.items === total;
  return shared || (more > 0 && values.every((one) => one.items <= 1));
}

function FacetGroup({ heading, values, more, chosen, closed, mark, onToggle }: FacetGroupProps) {
  const [open, setOpen] = useState(chosen.length > 0 || !closed);
  const [all, setAll] = useState(false);
  const most = Math.max(1, ...values.map((one) => one.items));
  const missing = chosen.filter((value) => !values.some((one) => one.value === value));
  const listed = [...missing.map((value) => ({ value, items: 0 }) as Value), ...values];
  const shown = all ? listed : listed.filter((one, i) => i < SHOWN || chosen.includes(one.value));
  return (
    <section className={classes.group}>
      <button type="button" className={classes.heading} aria-expanded={open} onClick={() => setOpen(!open)}>
        {heading}
        <span className={classes.chevron} data-open={open || undefined}>
          <Icon name="down" size={12} />
        </span>
      </button>
      {open && (
        <ul className={classes.values}>
          {shown.map((one) => (
            <li key={one.value}>
              <FacetRow
                one={one}
                share={one.items / most}
                chosen={chosen.includes(one.value)}
                mark={mark?.(one.value)}
                onToggle={onToggle}
              />
            </li>
          ))}
          {listed.length > SHOWN && (
            <li>
              <button type="button" className={classes.more} onClick={() => setAll(!all)}>
                {all ? "Show fewer" : `Show ${listed.length - shown.length} more`}
              </button>
            </li>
          )}
          {more > 0 && all && <li className={classes.rest}>and {count(more)} rarer values</li>}
          {listed.length === 0 && <li className={classes.rest}>none</li>}
        </ul>
      )}
    </section>
  );
}

interface FacetRowProps {
  one: Value;
  share: number;
  chosen: boolean;
  mark: ReactNode;
  onToggle: (value: string) => void;
}

function FacetRow({ one, share, chosen, mark, onToggle }: FacetRowProps) {
  return (
    <button
      type="button"
      className={classes.value}
      aria-pressed={chosen}
      title={one.note ? `${one.value}: ${one.note}` : one.value}
      onClick={() => onToggle(one.value)}
    >
      <span className={classes.bar} style={{ width: `${Math.max(share * 100, one.items ? 1 : 0)}%` }} />
      <span className={classes.check} data-chosen={chosen || undefined}>
        {chosen && <Icon name="check" size={10} />}
      </span>
      {mark}
      <span className={classes.name}>{one.value === "" ? "(empty)" : one.value}</span>
      <span className={classes.number}>{compact(one.items)}</span>
    </button>
  );
}
