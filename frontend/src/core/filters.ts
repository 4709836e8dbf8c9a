/** What the explorer shows, as plain JSON that lives in the URL: shareable, and undone by the Back button. */

export const SORTS = ["position", "name", "annotations", "findings", "width", "height"] as const;

export interface Filters {
  label?: string[];
  split?: string[];
  rule?: string[];
  kind?: string[];
  /** Metadata key -> accepted values. */
  meta?: Record<string, string[]>;
  q?: string;
  /** One of SORTS or `meta.KEY`. */
  sort?: string;
  order?: "asc" | "desc";
  /** Dataset version; the newest where it is absent. */
  version?: number;
}

export type Field = "label" | "split" | "rule" | "kind" | `meta.${string}`;
const FIELDS = ["label", "split", "rule", "kind"] as const;

export type RawSearch = Record<string, string | string[]>;

/** `?label=RBC&label=WBC&meta.site=a` -> {label: ["RBC", "WBC"], "meta.site": "a"}. Values are always text. */
export function parseSearch(search: string): RawSearch {
  const raw: RawSearch = Object.create(null);
  for (const [key, value] of new URLSearchParams(search)) {
    const before = raw[key];
    raw[key] = before === undefined ? value : [...list(before), value];
  }
  return raw;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") out.append(key, String(one));
    }
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

function list(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((v): v is string => typeof v === "string");
  return typeof value === "string" ? [value] : typeof value === "number" ? [String(value)] : [];
}

export function first(value: unknown): string | undefined {
  return list(value)[0];
}

export function positiveInteger(value: unknown): number | undefined {
  const number = Number(first(value));
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** Reads filters out of a URL's search. What makes no sense is left out. */
export function readFilters(raw: Record<string, unknown>): Filters {
  const filters: Filters = {};
  for (const field of FIELDS) {
    const values = unique(list(raw[field]));
    if (values.length) filters[field] = values;
  }
  const meta: Record<string, string[]> = {};
  for (const [key, value] of Object.entries(raw)) {
    const values = unique(list(value));
    if (key.startsWith("meta.") && key.length > 5 && values.length) meta[key.slice(5)] = values;
  }
  if (Object.keys(meta).length) filters.meta = meta;
  const q = first(raw.q)?.trim();
  if (q) filters.q = q;
  const sort = first(raw.sort);
  if (sort && (SORTS.some((s) => s === sort) || /^meta\../.test(sort)) && sort !== "position") filters.sort = sort;
  if (first(raw.order) === "desc") filters.order = "desc";
  const version = positiveInteger(raw.version);
  if (version) filters.version = version;
  return filters;
}

export type FlatFilters = Record<string, string | number | string[] | undefined>;

/** The flat record for a URL or an API call: the same names in both. */
export function writeFilters(filters: Filters): FlatFilters {
  const { meta, ...rest } = filters;
  const out: FlatFilters = {};
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0)) out[key] = value;
  }
  for (const [key, values] of Object.entries(meta ?? {})) if (values.length) out[`meta.${key}`] = values;
  return out;
}

export function valuesOf(filters: Filters, field: Field): string[] {
  if (field.startsWith("meta.")) return filters.meta?.[field.slice(5)] ?? [];
  return filters[field as "label"] ?? [];
}

export function withValues(filters: Filters, field: Field, values: string[]): Filters {
  if (field.startsWith("meta.")) {
    const meta = { ...filters.meta };
    if (values.length) meta[field.slice(5)] = values;
    else delete meta[field.slice(5)];
    return { ...filters, meta: Object.keys(meta).length ? meta : undefined };
  }
  return { ...filters, [field]: values.length ? values : undefined };
}

export function toggled(filters: Filters, field: Field, value: string): Filters {
  const values = valuesOf(filters, field);
  const next = values.includes(value) ? values.filter((v) => v !== value) : [...values, value];
  return withValues(filters, field, next);
}

/** Each narrowing in force, for the chips above the grid. Sorting and version narrow nothing. */
export function active(filters: Filters): { field: Field | "q"; value: string }[] {
  const chips: { field: Field | "q"; value: string }[] = [];
  for (const field of FIELDS) for (const value of filters[field] ?? []) chips.push({ field, value });
  for (const [key, values] of Object.entries(filters.meta ?? {})) {
    for (const value of values) chips.push({ field: `meta.${key}`, value });
  }
  if (filters.q) chips.push({ field: "q", value: filters.q });
  return chips;
}

export function cleared(filters: Filters): Filters {
  return { sort: filters.sort, order: filters.order, version: filters.version };
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
