import type { Severity, SeverityCounts } from "@/api/types";
import { compact, plural } from "@/core/format";
import { Icon, type IconName } from "./icons";
import classes from "./Severity.module.css";

const ICONS: Record<Severity, IconName> = { error: "error", warning: "findings", info: "info" };
export const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

/** Shape, colour and name say the severity; never colour alone. */
export function SeverityMark({ severity, size = 14 }: { severity: Severity; size?: number }) {
  return (
    <span className={classes.mark} data-severity={severity} role="img" aria-label={severity} title={severity}>
      <Icon name={ICONS[severity]} size={size} />
    </span>
  );
}

/** Counts by severity on one line; those that are zero are left out. */
export function SeverityLine({ counts }: { counts: SeverityCounts }) {
  const some = SEVERITIES.filter((severity) => counts[severity] > 0);
  if (some.length === 0) return <span className="dim">none</span>;
  return (
    <span className={classes.counts}>
      {some.map((severity) => (
        <span key={severity} className={classes.count} title={plural(counts[severity], severity)}>
          <SeverityMark severity={severity} size={13} />
          <span className="num">{compact(counts[severity])}</span>
        </span>
      ))}
    </span>
  );
}
