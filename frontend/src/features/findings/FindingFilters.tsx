import type { ReactNode } from "react";
import type { FindingsSummary, RuleCounts, Severity } from "@/api/types";
import type { Colors } from "@/core/color";
import {
  FINDING_STATES,
  type FindingField,
  type FindingSearch,
  readFindingSearch,
  toggledFinding,
} from "@/core/findingFilters";
import { count, title } from "@/core/format";
import { SEVERITIES, SeverityMark } from "@/ui/Severity";
import { Lines } from "@/ui/States";
import { Swatch } from "@/ui/Swatch";
import classes from "./FindingFilters.module.css";

interface FindingFiltersProps {
  summary: FindingsSummary | undefined;
  search: FindingSearch;
  colors: Colors;
  /** On narrow screens the panel is closed until asked for. */
  open: boolean;
  onChange: (search: FindingSearch) => void;
}

/** States, severities, rules and labels with their counts; each is a filter. */
export function FindingFilters({ summary, search, colors, open, onChange }: FindingFiltersProps) {
  if (!summary) {
    return (
      <div className={classes.panel} role="status" aria-label="Loading the counts">
        <Lines count={10} />
      </div>
    );
  }
  const state = search.state ?? "open";
  const states = [...FINDING_STATES.filter((one) => one !== "gone" || state === "gone"), "all" as const];
  const group = (heading: string, field: FindingField, rows: Row[]) => (
    <FilterGroup
      heading={heading}
      rows={rows}
      chosen={search[field] ?? []}
      onToggle={(value) => onChange(toggledFinding(search, field, value))}
    />
  );
  const mark = (severity: Severity) => <SeverityMark severity={severity} size={13} />;
  return (
    <div className={classes.panel} data-open={open || undefined}>
      <FilterGroup
        heading="State"
        rows={states.map((one) => ({
          value: one,
          text: title(one),
          number: one === "all" ? summary.total : (summary.by_state[one] ?? 0),
        }))}
        chosen={[state]}
        onToggle={(one) => onChange(readFindingSearch({ ...search, state: one }))}
      />
      {search.decided && (
        <FilterGroup
          heading="Last decision"
          rows={[{ value: search.decided, text: title(search.decided) }]}
          chosen={[search.decided]}
          onToggle={() => onChange(readFindingSearch({ ...search, decided: undefined }))}
        />
      )}
      {group(
        "Severity",
        "severity",
        SEVERITIES.map((one) => ({ value: one, text: title(one), number: summary.severities[one], mark: mark(one) })),
      )}
      {group(
        "Rules",
        "rule",
        summary.rules.map((one) => ({
          value: one.rule,
          text: one.rule,
          number: inState(one, state),
          mark: mark(one.severity),
        })),
      )}
      {summary.labels.length > 0 &&
        group(
          "Labels",
          "label",
          summary.labels.map(({ label, open: number }) => ({
            value: label,
            text: label,
            number,
            mark: <Swatch color={colors(label)} />,
          })),
        )}
    </div>
  );
}

/** How many findings of a rule are in the state that is shown; the open ones where that is not counted by rule. */
function inState(rule: RuleCounts, state: string): number {
  return state === "accepted" || state === "dismissed" || state === "fixed" ? rule[state] : rule.open;
}

interface FilterGroupProps {
  heading: string;
  rows: Row[];
  chosen: readonly string[];
  onToggle: (value: string) => void;
}

function FilterGroup({ heading, rows, chosen, onToggle }: FilterGroupProps) {
  return (
    <section className={classes.group}>
      <h2 className={classes.heading}>{heading}</h2>
      {rows.map((row) => (
        <FilterRow key={row.value} {...row} chosen={chosen.includes(row.value)} onToggle={onToggle} />
      ))}
    </section>
  );
}

interface Row {
  value: string;
  text: string;
  number?: number;
  mark?: ReactNode;
}

function FilterRow({
  value,
  text,
  number,
  mark,
  chosen,
  onToggle,
}: Row & { chosen: boolean; onToggle: (value: string) => void }) {
  return (
    <button type="button" className={classes.row} aria-pressed={chosen} title={text} onClick={() => onToggle(value)}>
      {mark}
      <span className={classes.name}>{text}</span>
      {number !== undefined && <span className={classes.number}>{count(number)}</span>}
    </button>
  );
}
