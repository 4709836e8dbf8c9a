import { Progress } from "@mantine/core";
import type { Job } from "@/api/types";
import { count, duration, percent } from "@/core/format";
import classes from "./JobProgress.module.css";

/** How far a job is, in a bar and in words. Where the total is not known the bar only shows that it runs. */
export function JobProgress({ job }: { job: Job }) {
  const known = job.total > 0;
  const share = known ? (100 * job.done) / job.total : 0;
  const running = job.state === "running";
  return (
    <div className={classes.progress}>
      <Progress
        value={job.state === "succeeded" ? 100 : known ? share : running ? 100 : 0}
        animated={running && !known}
        striped={running && !known}
        size={5}
        aria-label={`Progress of ${job.title}`}
        color={job.state === "failed" ? "red" : "dam"}
      />
      <div className={classes.words}>
        <span className="cut">{job.status || (job.state === "queued" ? "waiting for a worker" : "")}</span>
        {known && running && (
          <span className="num">
            {count(job.done)} of {count(job.total)} ({percent(job.done, job.total)})
          </span>
        )}
        {running && job.eta_seconds !== null && <span className="num">{duration(job.eta_seconds)} left</span>}
      </div>
    </div>
  );
}
