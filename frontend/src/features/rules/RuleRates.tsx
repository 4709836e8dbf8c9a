import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ruleRatesQuery } from "@/api/queries";
import { plural, sentence } from "@/core/format";
import { intervalWords, type Row, rateRows, shareWords } from "@/core/rates";
import page from "./RulePage.module.css";
import classes from "./RuleRates.module.css";

/** How often people dismissed what the rule found: over all datasets, then by dataset and label. */
export function RuleRates({ rule }: { rule: string }) {
  const rate = useQuery(ruleRatesQuery).data?.find((one) => one.rule === rule);
  return (
    <section aria-label="False alarms">
      <h2 className={page.heading}>False alarms</h2>
      {rate ? (
        <>
          {rate.hint && (
            <p className={classes.noisy} role="note">
              <strong>Noisy.</strong> {sentence(rate.hint)}
            </p>
          )}
          <p className={classes.whole}>
            {shareWords(rate)} <span className={classes.interval}>({intervalWords(rate)})</span>
          </p>
          <ul className={classes.rows}>
            {rateRows(rate.datasets).map((row) => (
              <RateRow key={`${row.dataset} ${row.label ?? ""}`} rule={rule} row={row} />
            ))}
          </ul>
        </>
      ) : (
        <p className={classes.interval}>Nobody has decided on a finding of this rule yet.</p>
      )}
    </section>
  );
}

function RateRow({ rule, row }: { rule: string; row: Row }) {
  const findings = (decided: "accepted" | "dismissed", number: number) => (
    <Link
      to="/datasets/$dataset/findings"
      params={{ dataset: row.dataset }}
      search={{ state: "all", rule: [rule], decided, ...(row.label === undefined ? {} : { label: [row.label] }) }}
      className={classes.link}
    >
      {`${number} ${decided}`}
    </Link>
  );
  return (
    <li className={classes.row} data-label={row.label}>
      <span className={classes.name}>{row.label ?? `in ${row.dataset}`}</span>
      <span title={`${plural(row.accepted + row.dismissed, "decision")}; 95 %: ${intervalWords(row)}`}>
        {shareWords(row)}
      </span>
      <span className={classes.counts}>
        {findings("accepted", row.accepted)}, {findings("dismissed", row.dismissed)}
      </span>
    </li>
  );
}
