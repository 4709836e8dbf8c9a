import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ruleRatesQuery, rulesQuery } from "@/api/queries";
import type { Rule, RuleRate } from "@/api/types";
import { plural } from "@/core/format";
import { intervalWords, shareWords } from "@/core/rates";
import { useReady } from "@/core/ready";
import { grouped } from "@/core/rules";
import { Icon } from "@/ui/icons";
import { Page } from "@/ui/Page";
import { SeverityMark } from "@/ui/Severity";
import { EmptyState, Loaded } from "@/ui/States";
import classes from "./RulesPage.module.css";

/** The share of false alarms, where somebody decided. */
function RateMark({ rate }: { rate: RuleRate | undefined }) {
  if (!rate) return <span className={classes.rate} />;
  return (
    <span className={classes.rate} data-noisy={rate.noisy || undefined} title={`95 %: ${intervalWords(rate)}`}>
      {rate.noisy && "noisy: "}
      {shareWords(rate)}
    </span>
  );
}

export function RulesPage() {
  const rules = useQuery(rulesQuery);
  const rates = useQuery(ruleRatesQuery).data ?? [];
  const [search, setSearch] = useState("");
  useReady("rules", !rules.isPending);
  return (
    <Page title="Rules">
      <Loaded query={rules}>
        {(all) => (
          <div className={classes.rules}>
            <TextInput
              className={classes.search}
              aria-label="Search the rules"
              placeholder="Search"
              leftSection={<Icon name="search" size={14} />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <Groups groups={grouped(all, search)} rates={rates} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Groups({ groups, rates }: { groups: [string, Rule[]][]; rates: readonly RuleRate[] }) {
  const found = groups.reduce((sum, [, rules]) => sum + rules.length, 0);
  return (
    <>
      <p className="hidden" role="status">
        {plural(found, "rule")}
      </p>
      {found === 0 && <EmptyState icon="search" title="No rule is called so" />}
      {groups.map(([title, rules]) => (
        <section key={title}>
          <h2 className={classes.heading}>
            {title} <span className="dim num">{rules.length}</span>
          </h2>
          <ul className={classes.list} aria-label={title}>
            {rules.map((rule) => (
              <RuleRow key={rule.name} rule={rule} rate={rates.find((rate) => rate.rule === rule.name)} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function RuleRow({ rule, rate }: { rule: Rule; rate: RuleRate | undefined }) {
  return (
    <li>
      <Link to="/rules/$rule" params={{ rule: rule.name }} className={classes.rule}>
        <SeverityMark severity={rule.severity} />
        <span className={classes.name}>{rule.name}</span>
        <span className={classes.summary}>
          {rule.summary}
          {!rule.default && <span className={classes.off}>off by default</span>}
        </span>
        <RateMark rate={rate} />
        <span className={classes.fix}>{rule.fixable && "can fix"}</span>
      </Link>
    </li>
  );
}
