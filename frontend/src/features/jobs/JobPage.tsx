import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { isActive, jobQuery, meQuery } from "@/api/queries";
import type { JobDetail } from "@/api/types";
import { duration, elapsed, title, value, when } from "@/core/format";
import { problemsOf } from "@/core/problems";
import { useReady } from "@/core/ready";
import { may } from "@/core/roles";
import { JobProgress } from "@/ui/JobProgress";
import { archiveUrl } from "@/ui/media";
import { Page } from "@/ui/Page";
import { ProblemList } from "@/ui/ProblemList";
import { Loaded } from "@/ui/States";
import { StateTag } from "@/ui/StateTag";
import { JobButtons } from "./JobButtons";
import classes from "./JobPage.module.css";

export function JobPage() {
  const { job: id } = useParams({ from: "/app/jobs/$job" });
  const query = useQuery(jobQuery(id));
  const queries = useQueryClient();
  const state = query.data?.state;
  const dataset = query.data?.dataset;
  useReady("job", !query.isPending);
  useEffect(() => {
    if (state === undefined || state === "queued" || state === "running") return;
    void queries.invalidateQueries({ queryKey: ["datasets"] });
    void queries.invalidateQueries({ queryKey: ["jobs"] });
    for (const key of dataset ? [dataset.id, dataset.name] : []) {
      void queries.invalidateQueries({ queryKey: ["dataset", key] });
    }
  }, [state, dataset, queries]);
  return (
    <Page
      up={<Link to="/jobs">Jobs</Link>}
      title={query.data?.title ?? "Job"}
      note={query.data && <StateTag state={query.data.state} />}
      actions={query.data && <JobButtons job={query.data} />}
    >
      <Loaded query={query}>{(job) => <JobView job={job} />}</Loaded>
    </Page>
  );
}

function JobView({ job }: { job: JobDetail }) {
  const took = elapsed(job.started_at, job.finished_at);
  const result = Object.entries((job.result ?? {}) as object).filter(([name]) => name !== "problems");
  const facts: [string, string][] = [
    ["Begun by", job.created_by],
    ["Created", when(job.created_at)],
    ["Started", when(job.started_at)],
    ["Took", took === null ? "–" : duration(took)],
    ["Attempt", `${job.attempt} of ${job.max_attempts}`],
  ];
  return (
    <div className={classes.job}>
      {isActive(job) && <JobProgress job={job} />}
      {job.error && job.state !== "succeeded" && (
        <p role="alert" className={classes.error}>
          {job.error}
        </p>
      )}
      <ProblemList problems={problemsOf(job)} />
      <ArchiveLink job={job} />
      {job.dataset && (
        <p className={classes.links}>
          <Link to="/datasets/$dataset" params={{ dataset: job.dataset.name }} className="link">
            Open {job.dataset.name}
          </Link>
          <Link to="/datasets/$dataset/findings" params={{ dataset: job.dataset.name }} className="link">
            Its findings
          </Link>
        </p>
      )}
      <dl className={classes.facts}>
        {[...facts, ...result.map(([name, data]) => [title(name), value(data)] as const)].map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <Log lines={job.log} />
    </div>
  );
}

/** An export can be fetched as long as it is kept. */
function ArchiveLink({ job }: { job: JobDetail }) {
  const me = useQuery(meQuery).data;
  if (job.name !== "archive" || job.state !== "succeeded" || !job.dataset || !may(me?.role, "run")) return null;
  return (
    <p className={classes.links}>
      <a href={archiveUrl(job.dataset.name, job.id)} download className="link">
        Download the archive
      </a>
    </p>
  );
}

/** Follows the newest line unless the reader has scrolled up. */
function Log({ lines }: { lines: readonly string[] }) {
  const box = useRef<HTMLPreElement>(null);
  const follow = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what it reacts to
  useEffect(() => {
    if (box.current && follow.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.length]);
  return (
    <section>
      <h2 className={classes.heading}>Log</h2>
      {lines.length === 0 ? (
        <p className="dim">Nothing was logged.</p>
      ) : (
        <pre
          ref={box}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard
          tabIndex={0}
          className={classes.log}
          onScroll={(event) => {
            const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
            follow.current = scrollHeight - scrollTop - clientHeight < 24;
          }}
        >
          {lines.join("\n")}
        </pre>
      )}
    </section>
  );
}
