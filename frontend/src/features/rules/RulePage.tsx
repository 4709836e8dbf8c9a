import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { datasetsQuery, ruleQuery } from "@/api/queries";
import type { RuleDetail } from "@/api/types";
import { value } from "@/core/format";
import { useReady } from "@/core/ready";
import { CopyLine } from "@/ui/CopyLine";
import { Markdown } from "@/ui/Markdown";
import { Page } from "@/ui/Page";
import { SeverityMark } from "@/ui/Severity";
import { Loaded } from "@/ui/States";
import classes from "./RulePage.module.css";
import { RuleRates } from "./RuleRates";

export function RulePage() {
  const { rule } = useParams({ from: "/app/rules/$rule" });
  const query = useQuery(ruleQuery(rule));
  useReady("rule", !query.isPending);
  return (
    <Page title={rule} up={<Link to="/rules">Rules</Link>}>
      <Loaded query={query}>{(detail) => <Manual rule={detail} />}</Loaded>
    </Page>
  );
}

function Manual({ rule }: { rule: RuleDetail }) {
  const options = Object.entries(rule.options);
  return (
    <div className={classes.page}>
      <article className={classes.manual}>
        <Markdown text={rule.manual} />
      </article>
      <aside className={classes.side} aria-label="At a glance">
        <dl className={classes.facts}>
          <div>
            <dt>Severity</dt>
            <dd>
              <SeverityMark severity={rule.severity} /> {rule.severity}
            </dd>
          </div>
          <div>
            <dt>Looks at</dt>
            <dd>{rule.subject}s</dd>
          </div>
          <div>
            <dt>Runs</dt>
            <dd>{rule.default ? "by default" : "only where it is selected by name"}</dd>
          </div>
          <div>
            <dt>Can fix</dt>
            <dd>{rule.fixable ? "yes" : "no"}</dd>
          </div>
          {options.map(([name, data]) => (
            <div key={name}>
              <dt className="mono">{name}</dt>
              <dd>{value(data)}</dd>
            </div>
          ))}
        </dl>
        <CopyLine label="the command" text={`checkdam rule ${rule.name}`} />
        <RuleRates rule={rule.name} />
        <InDatasets rule={rule.name} />
      </aside>
    </div>
  );
}

/** The way from the rule to what it found. */
function InDatasets({ rule }: { rule: string }) {
  const datasets = useQuery(datasetsQuery).data ?? [];
  if (datasets.length === 0) return null;
  return (
    <nav aria-label="Findings of this rule">
      <h2 className={classes.heading}>Its findings</h2>
      {datasets.slice(0, 12).map((dataset) => (
        <Link
          key={dataset.id}
          to="/datasets/$dataset/findings"
          params={{ dataset: dataset.name }}
          search={{ rule: [rule] }}
          className={classes.dataset}
        >
          in {dataset.name}
        </Link>
      ))}
    </nav>
  );
}
