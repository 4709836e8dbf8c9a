import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { isActive, jobsQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { ago, duration, elapsed } from "@/core/format";
import { useReady } from "@/core/ready";
import { JobProgress } from "@/ui/JobProgress";
import { Page } from "@/ui/Page";
import { EmptyState, Loaded } from "@/ui/States";
import { StateTag } from "@/ui/StateTag";
import { JobButtons } from "./JobButtons";
import classes from "./JobsPage.module.css";

export function JobsPage() {
  const jobs = useQuery(jobsQuery());
  useReady("jobs", !jobs.isPending);
  return (
    <Page title="Jobs">
      <Loaded query={jobs}>
        {(all) =>
          all.length ? (
            <ul className={classes.list} aria-label="Jobs, the newest first">
              {all.map((job) => (
                <JobRow key={job.id} job={job} />
              ))}
            </ul>
          ) : (
            <EmptyState icon="jobs" title="No job has run yet">
              <p className="dim">Imports, lint runs and commits are listed here.</p>
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  );
}

function JobRow({ job }: { job: Job }) {
  const took = elapsed(job.started_at, job.finished_at);
  return (
    <li className={classes.job}>
      <div className={classes.about}>
        <Link to="/jobs/$job" params={{ job: job.id }} className={classes.title}>
          {job.title}
        </Link>
        <span className="dim">
          {ago(job.created_at)} by {job.created_by}
          {took !== null && ` · ${duration(took)}`}
          {job.attempt > 1 && ` · attempt ${job.attempt} of ${job.max_attempts}`}
        </span>
        {job.error && job.state !== "succeeded" && <span className={classes.error}>{job.error}</span>}
      </div>
      <div className={classes.progress}>{isActive(job) && <JobProgress job={job} />}</div>
      <StateTag state={job.state} />
      <div className={classes.buttons}>
        <JobButtons job={job} />
      </div>
    </li>
  );
}
