import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { meQuery } from "@/api/queries";
import { plural } from "@/core/format";
import { may } from "@/core/roles";
import { Hint } from "@/ui/Keys";
import classes from "./Bars.module.css";
import type { Deciding } from "./useDeciding";
import type { Selection } from "./useSelection";

export function BulkBar({ selection, deciding, total }: { selection: Selection; deciding: Deciding; total: number }) {
  return (
    <section className={classes.bar} aria-label="The selection">
      <span role="status">
        {selection.all
          ? `All ${plural(total, "matching finding")} selected`
          : `${plural(deciding.count, "finding")} selected`}
      </span>
      {!selection.all && (
        <Hint id="findings.selectAll">
          <Button variant="subtle" onClick={selection.selectAll}>
            Select all {total}
          </Button>
        </Hint>
      )}
      <span className={classes.actions}>
        <Hint id="findings.accept" label="Accept the fixes">
          <Button onClick={deciding.accept}>Accept fixes</Button>
        </Hint>
        <Hint id="findings.dismiss">
          <Button variant="default" onClick={deciding.askReason}>
            Dismiss
          </Button>
        </Hint>
        <Hint id="findings.reopen">
          <Button variant="default" onClick={deciding.reopen}>
            Reopen
          </Button>
        </Hint>
        <Hint id="findings.clear">
          <Button variant="subtle" onClick={selection.clear}>
            Clear
          </Button>
        </Hint>
      </span>
    </section>
  );
}

/** Says that accepted fixes wait, and leads to the page that shows and commits them. */
export function AcceptedBar({ dataset, accepted }: { dataset: string; accepted: number }) {
  const me = useQuery(meQuery).data;
  const label = may(me?.role, "run") ? "Review and commit" : "Review";
  return (
    <section className={classes.bar} data-good aria-label="Accepted fixes">
      <span>
        {plural(accepted, "fix", "fixes")} accepted
        <span className="dim"> · the dataset does not change until they are committed</span>
      </span>
      <span className={classes.actions}>
        <Hint id="findings.review">
          <Button component={Link} to={`/datasets/${encodeURIComponent(dataset)}/review`}>
            {label}
          </Button>
        </Hint>
      </span>
    </section>
  );
}
