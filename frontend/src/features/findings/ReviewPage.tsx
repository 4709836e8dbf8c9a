import { Button, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { asApiError } from "@/api/client";
import { datasetQuery, meQuery } from "@/api/queries";
import type { DatasetDetail, Finding } from "@/api/types";
import { type Colors, labelColors } from "@/core/color";
import { plural, sentence } from "@/core/format";
import { useShortcuts } from "@/core/keyboard";
import { useReady } from "@/core/ready";
import { may } from "@/core/roles";
import { Crop } from "@/ui/Crop";
import { JobProgress } from "@/ui/JobProgress";
import { Hint } from "@/ui/Keys";
import { Page } from "@/ui/Page";
import { EmptyState, ErrorState, Lines } from "@/ui/States";
import { undoLast } from "@/ui/steps";
import { type Decisions, useDecisions } from "@/ui/useDecisions";
import classes from "./ReviewPage.module.css";
import { struckIds } from "./subjects";
import { type Commit, useCommit } from "./useCommit";
import { type FindingList, useFindingList } from "./useFindingList";

const ACCEPTED = { state: "accepted", sort: "rule" } as const;

/** What the accepted fixes will change, one by one, and the commit that makes them a version. */
export function ReviewPage() {
  const { dataset } = useParams({ from: "/app/datasets/$dataset/review" });
  const detail = useQuery(datasetQuery(dataset)).data;
  const list = useFindingList(dataset, ACCEPTED);
  const commit = useCommit(dataset, detail?.latest);
  const decisions = useDecisions(dataset);
  const colors = useMemo(() => labelColors(detail?.taxonomy.labels ?? []), [detail?.taxonomy.labels]);
  useReady("review", (!list.loading || commit.made !== null) && detail !== undefined);
  const up = (
    <Link to="/datasets/$dataset/findings" params={{ dataset }}>
      {detail?.name ?? dataset}
    </Link>
  );
  return (
    <Page title="Review and commit" up={up}>
      {commit.made !== null ? (
        <Committed dataset={dataset} commit={commit} made={commit.made} />
      ) : list.error ? (
        <ErrorState error={list.error} retry={list.retry} />
      ) : list.loading && !commit.running ? (
        <Lines count={10} height={30} />
      ) : list.total === 0 && !commit.running ? (
        <NothingAccepted dataset={dataset} commit={commit} />
      ) : (
        <Review dataset={dataset} detail={detail} list={list} commit={commit} colors={colors} decisions={decisions} />
      )}
    </Page>
  );
}

function NothingAccepted({ dataset, commit }: { dataset: string; commit: Commit }) {
  return (
    <EmptyState icon="check" title={commit.job ? "The dataset is as the fixes would make it" : "No fix is accepted"}>
      <p className="dim">Accept the fixes of findings first; they gather here until they are committed.</p>
      <Link to="/datasets/$dataset/findings" params={{ dataset }} className="link">
        To the findings
      </Link>
    </EmptyState>
  );
}

function Committed({ dataset, commit, made }: { dataset: string; commit: Commit; made: number }) {
  return (
    <EmptyState icon="check" title={`Version ${made} is made`}>
      {commit.left > 0 && <p className="dim">{plural(commit.left, "accepted finding")} could not be fixed and stay.</p>}
      <div className={classes.after}>
        <Button component={Link} to={`/datasets/${encodeURIComponent(dataset)}/versions/${made}`}>
          See what changed
        </Button>
        <Button variant="default" onClick={() => void undoLast()}>
          Undo
        </Button>
        <Button variant="subtle" component={Link} to={`/datasets/${encodeURIComponent(dataset)}/findings`}>
          Back to the findings
        </Button>
      </div>
    </EmptyState>
  );
}

interface ReviewProps {
  dataset: string;
  detail: DatasetDetail | undefined;
  list: FindingList;
  commit: Commit;
  colors: Colors;
  decisions: Decisions;
}

function byRule(findings: readonly Finding[]): [string, Finding[]][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) groups.set(finding.rule, [...(groups.get(finding.rule) ?? []), finding]);
  return [...groups];
}

function proposal(groups: [string, Finding[]][], complete: boolean): string {
  if (!complete) return "Apply the accepted fixes";
  return `Fix ${groups.map(([rule, findings]) => `${findings.length} ${rule}`).join(", ")}`;
}

function Review({ dataset, detail, list, commit, colors, decisions }: ReviewProps) {
  const groups = byRule(list.findings);
  const { sees } = list;
  return (
    <div className={classes.review}>
      <div className={classes.changes}>
        {groups.map(([rule, findings]) => (
          <section key={rule} className={classes.group}>
            <h2 className={classes.heading}>
              {rule} <span className="dim">{findings.length}</span>
            </h2>
            <ul className={classes.list}>
              {findings.map((finding) => (
                <ChangeRow key={finding.id} dataset={dataset} finding={finding} colors={colors} decisions={decisions} />
              ))}
            </ul>
          </section>
        ))}
        {list.findings.length < list.total && (
          <Button variant="default" loading={list.loadingMore} onClick={() => sees(list.findings.length)}>
            Show more of the {list.total}
          </Button>
        )}
      </div>
      <CommitForm
        detail={detail}
        list={list}
        commit={commit}
        message={proposal(groups, list.findings.length === list.total)}
      />
    </div>
  );
}

interface ChangeRowProps {
  dataset: string;
  finding: Finding;
  colors: Colors;
  decisions: Decisions;
}

function ChangeRow({ dataset, finding, colors, decisions }: ChangeRowProps) {
  const item = finding.item;
  return (
    <li className={classes.change}>
      <span className={classes.crop}>
        {item && (
          <Crop
            item={item}
            annotations={finding.annotations}
            colors={colors}
            struck={struckIds(finding)}
            pixels={72}
            evidence={finding.evidence}
          />
        )}
      </span>
      <span className="grow">
        <span className={classes.fix}>
          {finding.fix ? sentence(finding.fix.description) : "No automatic fix: nothing will change"}
        </span>
        <span className={classes.where}>
          {item ? (
            <Link
              to="/datasets/$dataset/items/$item"
              params={{ dataset, item: item.id }}
              search={{ finding: finding.id }}
              className="link"
            >
              {item.name}
            </Link>
          ) : (
            finding.location
          )}{" "}
          · {finding.message}
        </span>
      </span>
      <Button
        variant="subtle"
        size="compact-sm"
        aria-label={`Take back: ${finding.rule} in ${item?.name ?? finding.location}`}
        onClick={() => decisions.reopen([finding])}
      >
        Take back
      </Button>
    </li>
  );
}

interface CommitFormProps {
  detail: DatasetDetail | undefined;
  list: FindingList;
  commit: Commit;
  message: string;
}

function CommitForm({ detail, list, commit, message }: CommitFormProps) {
  const me = useQuery(meQuery).data;
  const [text, setText] = useState<string | null>(null);
  const allowed = may(me?.role, "run");
  const said = (text ?? message).trim();
  const ready = allowed && said.length > 0 && !commit.running;
  const start = () => {
    if (ready) commit.start(said);
  };
  useShortcuts("review", { commit: start });
  useEffect(() => {
    if (commit.job?.state === "failed") document.getElementById("commit-problem")?.scrollIntoView();
  }, [commit.job?.state]);
  const problem = commit.error
    ? asApiError(commit.error).detail
    : commit.job?.state === "failed"
      ? commit.job.error
      : null;
  return (
    <aside className={classes.form} aria-label="Commit">
      <p className={classes.summary}>
        <strong>{plural(list.total, "fix", "fixes")}</strong> on version {detail?.latest} will make version{" "}
        {(detail?.latest ?? 0) + 1}. Nothing is lost: every version stays.
      </p>
      <Textarea
        size="xs"
        label="Message"
        autosize
        minRows={2}
        maxLength={2000}
        disabled={!allowed}
        value={text ?? message}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
        }}
      />
      {problem && (
        <p role="alert" id="commit-problem" className={classes.problem}>
          {problem}
        </p>
      )}
      {commit.running && commit.job && <JobProgress job={commit.job} />}
      {allowed ? (
        <Hint id="review.commit">
          <Button fullWidth disabled={!ready} loading={commit.running} onClick={start}>
            Commit
          </Button>
        </Hint>
      ) : (
        <p className="dim">A manager can commit these.</p>
      )}
    </aside>
  );
}
