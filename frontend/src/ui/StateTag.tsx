import type { FindingState, JobState } from "@/api/types";
import classes from "./StateTag.module.css";

/** A state in one word, with a dot of its colour. */
export function StateTag({ state }: { state: FindingState | JobState }) {
  return (
    <span className={classes.tag} data-state={state}>
      {state}
    </span>
  );
}
