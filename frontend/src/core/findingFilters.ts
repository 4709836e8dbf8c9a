/** Which findings are shown, as plain JSON in the URL. */

import { first } from "./filters";

export const FINDING_STATES = ["open", "accepted", "dismissed", "fixed", "gone"] as const;
export const SEVERITY_NAMES = ["error", "warning", "info"] as const;
export const DECISIONS = ["accepted", "dismissed"] as const;
export const FINDING_SORTS = ["severity", "rule", "item"] as const;

export interface FindingSearch {
  /** `all` shows every state; absent means open. */
  state?: (typeof FINDING_STATES)[number] | "all";
  rule?: string[];
  severity?: (typeof SEVERITY_NAMES)[number][];
  label?: string[];
  item?: string;
  q?: string;
  /** What a person last decided, whatever became of the finding since. */
  decided?: (typeof DECISIONS)[number];
  sort?: (typeof FINDING_SORTS)[number];
}

function texts(value: unknown): string[] | undefined {
  const list = (Array.isArray(value) ? value : [value]).filter((v): v is string => typeof v === "string" && v !== "");
  return list.length ? [...new Set(list)] : undefined;
}

function oneOf<T extends string>(allowed: readonly T[], value: string | undefined): T | undefined {
  return allowed.find((one) => one === value);
}

export function readFindingSearch(raw: Record<string, unknown>): FindingSearch {
  const search: FindingSearch = {};
  const state = oneOf([...FINDING_STATES, "all"], first(raw.state));
  if (state && state !== "open") search.state = state;
  const rule = texts(raw.rule);
  if (rule) search.rule = rule;
  const severity = SEVERITY_NAMES.filter((name) => texts(raw.severity)?.includes(name));
  if (severity.length) search.severity = severity;
  const label = texts(raw.label);
  if (label) search.label = label;
  const item = first(raw.item);
  if (item) search.item = item;
  const q = first(raw.q)?.trim();
  if (q) search.q = q;
  const decided = oneOf(DECISIONS, first(raw.decided));
  if (decided) search.decided = decided;
  const sort = oneOf(FINDING_SORTS, first(raw.sort));
  if (sort && sort !== "severity") search.sort = sort;
  return search;
}

export type FindingField = "rule" | "severity" | "label";

export function toggledFinding(search: FindingSearch, field: FindingField, value: string): FindingSearch {
  const values: string[] = search[field] ?? [];
  const next = values.includes(value) ? values.filter((v) => v !== value) : [...values, value];
  return readFindingSearch({ ...search, [field]: next });
}

/** The filter as the server takes it, in a query and in a bulk action alike. */
export function serverFilter({ state, sort: _sort, ...rest }: FindingSearch) {
  return { ...rest, state: state === "all" ? [] : [state ?? ("open" as const)] };
}
