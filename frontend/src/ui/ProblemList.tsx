import type { Problem } from "@/api/types";
import { plural } from "@/core/format";
import classes from "./ProblemList.module.css";

const MOST = 200;

/** What is wrong in an input: the place, what it is, and what to do about it. */
export function ProblemList({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return null;
  return (
    <section aria-label="Problems">
      <h2 className={classes.heading}>{plural(problems.length, "problem")}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard */}
      <ul className={classes.list} tabIndex={0} aria-label="What is wrong, place by place">
        {problems.slice(0, MOST).map(({ where, what, remedy }) => (
          <li key={`${where} ${what}`}>
            {where && <span className={classes.where}>{where}</span>}
            <span>{what}</span>
            {remedy && <span className={classes.remedy}>{remedy}</span>}
          </li>
        ))}
      </ul>
      {problems.length > MOST && <p className="dim">and {problems.length - MOST} more</p>}
    </section>
  );
}
