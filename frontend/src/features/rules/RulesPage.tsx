import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { rulesQuery } from "@/api/queries";
import { useReady } from "@/core/ready";
import { Page } from "@/ui/Page";
import { SeverityMark } from "@/ui/Severity";
import { Loaded } from "@/ui/States";
import classes from "./RulesPage.module.css";

export function RulesPage() {
  const rules = useQuery(rulesQuery);
  useReady("rules", !rules.isPending);
  return (
    <Page title="Rules">
      <Loaded query={rules}>
        {(all) => (
          <ul className={classes.list} aria-label="Rules">
            {all.map((rule) => (
              <li key={rule.name}>
                <Link to="/rules/$rule" params={{ rule: rule.name }} className={classes.rule}>
                  <SeverityMark severity={rule.severity} />
                  <span className={classes.name}>{rule.name}</span>
                  <span className={classes.summary}>{rule.summary}</span>
                  {rule.fixable && <span className={classes.fix}>can fix</span>}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  );
}
