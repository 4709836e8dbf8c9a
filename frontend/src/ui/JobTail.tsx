import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { jobQuery } from "@/api/queries";
import type { JobDetail } from "@/api/types";
import { problemsOf } from "@/core/problems";
import { JobProgress } from "./JobProgress";
import { ProblemList } from "./ProblemList";
import classes from "./ProblemList.module.css";

/** The job of that id, asked for until it has ended. */
export function useJob(id: string | null): JobDetail | undefined {
  return useQuery({ ...jobQuery(id ?? ""), enabled: id !== null }).data;
}

/** How far a job is that a dialog has begun, and why it failed. */
export function JobTail({ job }: { job: JobDetail }) {
  if (job.state === "succeeded") return null;
  if (job.state !== "failed" && job.state !== "cancelled") return <JobProgress job={job} />;
  return (
    <div>
      <p role="alert" className={classes.error}>
        {job.error ?? "It was cancelled."}
      </p>
      <ProblemList problems={problemsOf(job)} />
      <Link to="/jobs/$job" params={{ job: job.id }} className="link">
        The job and its log
      </Link>
    </div>
  );
}
