import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { datasetsQuery, jobQuery, meQuery } from "@/api/queries";
import type { Dataset } from "@/api/types";
import { ago, count, percent } from "@/core/format";
import { useReady } from "@/core/ready";
import { may } from "@/core/roles";
import { CopyLine } from "@/ui/CopyLine";
import { Icon, type IconName } from "@/ui/icons";
import { thumbUrl } from "@/ui/media";
import { Page } from "@/ui/Page";
import { SEVERITIES, SeverityMark } from "@/ui/Severity";
import { EmptyState, Loaded } from "@/ui/States";
import classes from "./DatasetsPage.module.css";
import { ImportDialog } from "./ImportDialog";

export function DatasetsPage() {
  const me = useQuery(meQuery).data;
  const datasets = useQuery({ ...datasetsQuery, enabled: may(me?.role, "read") });
  const [importing, setImporting] = useState(false);
  useReady("datasets", datasets.isSuccess || datasets.isError || !may(me?.role, "read"));
  const importButton = may(me?.role, "run") && (
    <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setImporting(true)}>
      Import
    </Button>
  );
  return (
    <Page title="Datasets" actions={importButton}>
      {may(me?.role, "read") ? (
        <Loaded query={datasets} skeleton={<RowSkeletons />}>
          {(all) => (all.length ? <DatasetList datasets={all} /> : <NoDatasets />)}
        </Loaded>
      ) : (
        <EmptyState icon="datasets" title="Your role has no access to datasets">
          <p className="dim">Ask an admin for the role of a reviewer or manager.</p>
        </EmptyState>
      )}
      <ImportDialog opened={importing} onClose={() => setImporting(false)} />
    </Page>
  );
}

function NoDatasets() {
  return (
    <EmptyState icon="datasets" title="No datasets yet">
      <p className="dim">Import a folder or archive with the button above, or from a terminal:</p>
      <div className={classes.commands}>
        <CopyLine label="the import command" text="checkdam import PATH NAME" />
      </div>
      <p className="dim">or look at real blood-cell images with real flaws first:</p>
      <div className={classes.commands}>
        <CopyLine label="the demo command" text="checkdam demo" />
      </div>
    </EmptyState>
  );
}

function RowSkeletons() {
  return (
    <div>
      {[0, 1, 2].map((i) => (
        <div key={i} className={classes.dataset}>
          <Skeleton width={184} height={56} />
          <Skeleton width="40%" height={14} />
        </div>
      ))}
    </div>
  );
}

function DatasetList({ datasets }: { datasets: Dataset[] }) {
  return (
    <ul className={classes.list} aria-label="Datasets">
      {datasets.map((dataset) => (
        <DatasetRow key={dataset.id} dataset={dataset} />
      ))}
    </ul>
  );
}

const NOUNS: Record<string, string> = { image: "images", text: "texts", audio: "sounds" };
const ICONS: Record<string, IconName> = { image: "datasets", text: "rules", audio: "sound" };

function DatasetRow({ dataset }: { dataset: Dataset }) {
  const params = { dataset: dataset.name };
  const version = dataset.version;
  return (
    <li className={classes.dataset}>
      <Link to="/datasets/$dataset" params={params} className={classes.cover} tabIndex={-1} aria-hidden="true">
        {[0, 1, 2, 3].map((i) => {
          const blob = dataset.cover[i];
          return blob ? (
            <img key={i} src={thumbUrl(blob, 128)} alt="" loading="lazy" decoding="async" />
          ) : (
            <span key={i} className={classes.noCover}>
              {i === 0 && <Icon name={ICONS[dataset.kind ?? ""] ?? "datasets"} />}
            </span>
          );
        })}
      </Link>
      <div className={classes.about}>
        <Link to="/datasets/$dataset" params={params} className={classes.name}>
          {dataset.name}
        </Link>
        <div className="dim cut">
          {version ? (
            <>
              version {version.number} · {ago(version.created_at)} · {version.message}
            </>
          ) : (
            "no version yet"
          )}
        </div>
        {dataset.running_job && <RunningJob id={dataset.running_job} />}
      </div>
      {version && (
        <dl className={classes.numbers}>
          <div>
            <dt>{dataset.kinds.length > 1 ? "items" : (NOUNS[dataset.kind ?? ""] ?? "items")}</dt>
            <dd>
              <Link to="/datasets/$dataset" params={params}>
                {count(version.item_count)}
              </Link>
            </dd>
          </div>
          <div>
            <dt>annotations</dt>
            <dd>
              <Link to="/datasets/$dataset" params={params} search={{ sort: "annotations", order: "desc" }}>
                {count(version.annotation_count)}
              </Link>
            </dd>
          </div>
          <OpenFindings dataset={dataset} />
        </dl>
      )}
    </li>
  );
}

function OpenFindings({ dataset }: { dataset: Dataset }) {
  const params = { dataset: dataset.name };
  const some = SEVERITIES.filter((severity) => dataset.findings[severity] > 0);
  return (
    <div>
      <dt>open findings</dt>
      <dd className={classes.severities}>
        {some.length === 0 && <span className="dim">none</span>}
        {some.map((severity) => (
          <Link
            key={severity}
            to="/datasets/$dataset/findings"
            params={params}
            search={{ severity: [severity] }}
            className={classes.severity}
          >
            <SeverityMark severity={severity} size={13} />
            {count(dataset.findings[severity])}
          </Link>
        ))}
      </dd>
    </div>
  );
}

function RunningJob({ id }: { id: string }) {
  const job = useQuery(jobQuery(id)).data;
  if (!job) return null;
  return (
    <Link to="/jobs/$job" params={{ job: id }} className={classes.job}>
      <span className={classes.pulse} />
      {job.title}
      {job.total > 0 && ` ${percent(job.done, job.total)}`}
    </Link>
  );
}
