import { Button, NativeSelect, Slider, TextInput } from "@mantine/core";
import { type RefObject, useEffect, useState } from "react";
import type { Facets, Version } from "@/api/types";
import { active, type Filters, SORTS, toggled } from "@/core/filters";
import { ago, count, title } from "@/core/format";
import { Icon } from "@/ui/icons";
import { Hint, IconButton } from "@/ui/Keys";
import classes from "./Toolbar.module.css";

export const SIZES = { least: 96, most: 480, step: 16 };

interface ToolbarProps {
  filters: Filters;
  onChange: (change: (before: Filters) => Filters) => void;
  search: RefObject<HTMLInputElement | null>;
  facets: Facets | undefined;
  versions: Version[];
  size: number;
  onSize: (size: number) => void;
  overlays: boolean;
  onOverlays: () => void;
  panel: boolean;
  onPanel: () => void;
}

export function Toolbar(props: ToolbarProps) {
  const { filters, onChange, size, onSize, overlays } = props;
  return (
    <div className={classes.bar} role="toolbar" aria-label="What the grid shows">
      <span className={classes.panelButton}>
        <IconButton icon="filter" label="Filters" pressed={props.panel} onClick={props.onPanel} />
      </span>
      <SearchField
        field={props.search}
        value={filters.q ?? ""}
        onChange={(q) => onChange((before) => ({ ...before, q: q || undefined }))}
      />
      <SortChoice filters={filters} facets={props.facets} onChange={onChange} />
      <VersionChoice filters={filters} versions={props.versions} onChange={onChange} />
      <span className={classes.right}>
        <IconButton
          icon={overlays ? "eye" : "eyeOff"}
          label={overlays ? "Hide the annotations" : "Show the annotations"}
          hint="explorer.overlays"
          pressed={overlays}
          onClick={props.onOverlays}
        />
        <Slider
          className={classes.slider}
          size={3}
          thumbSize={13}
          label={null}
          min={SIZES.least}
          max={SIZES.most}
          step={SIZES.step}
          value={size}
          onChange={onSize}
          thumbLabel="Size of the tiles"
        />
      </span>
    </div>
  );
}

const SEARCH_MS = 250;

interface SearchFieldProps {
  field: RefObject<HTMLInputElement | null>;
  value: string;
  onChange: (value: string) => void;
}

/** Searches a moment after the last letter, at once on Enter; Esc leaves the field. */
function SearchField({ field, value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onChange(text.trim()), SEARCH_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <Hint id="explorer.search">
      <TextInput
        ref={field}
        type="search"
        className={classes.search}
        aria-label="Search by name or text"
        placeholder="Search"
        leftSection={<Icon name="search" size={14} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onChange(text.trim());
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    </Hint>
  );
}

type ChoiceProps = Pick<ToolbarProps, "filters" | "onChange">;

function SortChoice({ filters, onChange, facets }: ChoiceProps & { facets: Facets | undefined }) {
  const descending = filters.order === "desc";
  const metadata = facets?.metadata.map((one) => ({ value: `meta.${one.key}`, label: title(one.key) })) ?? [];
  const names = SORTS.map((name) => ({ value: name as string, label: name === "position" ? "Order" : title(name) }));
  return (
    <span className={classes.pair}>
      <NativeSelect
        aria-label="Sort by"
        value={filters.sort ?? "position"}
        data={[...names, ...metadata]}
        onChange={(event) => {
          const sort = event.currentTarget.value;
          onChange((before) => ({ ...before, sort: sort === "position" ? undefined : sort }));
        }}
      />
      <IconButton
        icon="sort"
        label={descending ? "Descending; sort ascending" : "Ascending; sort descending"}
        pressed={descending}
        onClick={() => onChange((before) => ({ ...before, order: descending ? undefined : "desc" }))}
      />
    </span>
  );
}

function VersionChoice({ filters, onChange, versions }: ChoiceProps & { versions: Version[] }) {
  const newest = versions[0]?.number;
  return (
    <NativeSelect
      aria-label="Version"
      className={classes.version}
      value={String(filters.version ?? newest ?? "")}
      data={versions.map((one) => ({
        value: String(one.number),
        label: `v${one.number}${one.number === newest ? " (newest)" : ` · ${ago(one.created_at)}`}`,
      }))}
      onChange={(event) => {
        const number = Number(event.currentTarget.value);
        onChange((before) => ({ ...before, version: number === newest ? undefined : number }));
      }}
    />
  );
}

interface ChipsProps {
  filters: Filters;
  total: number | undefined;
  onChange: ToolbarProps["onChange"];
  onClear: () => void;
}

/** How many items there are, and each narrowing in force, which a click takes away. */
export function Chips({ filters, total, onChange, onClear }: ChipsProps) {
  const chips = active(filters);
  return (
    <div className={classes.chips}>
      <span className="num" role="status">
        {total === undefined ? "…" : `${count(total)} ${total === 1 ? "item" : "items"}`}
      </span>
      {filters.version !== undefined && <span className={classes.old}>as in version {filters.version}</span>}
      {chips.map(({ field, value }) => (
        <button
          key={`${field} ${value}`}
          type="button"
          className={classes.chip}
          aria-label={`Remove the filter ${field} ${value}`}
          onClick={() =>
            onChange((before) => (field === "q" ? { ...before, q: undefined } : toggled(before, field, value)))
          }
        >
          <span className="dim">{field.replace(/^meta\./, "")}</span>
          <span className="cut">{value}</span>
          <Icon name="close" size={10} />
        </button>
      ))}
      {chips.length > 0 && (
        <Hint id="explorer.clear">
          <Button variant="subtle" size="compact-xs" onClick={onClear}>
            Clear
          </Button>
        </Hint>
      )}
    </div>
  );
}
