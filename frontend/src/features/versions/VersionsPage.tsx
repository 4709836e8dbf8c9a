import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "@/api/client";
import { datasetQuery, meQuery, versionsQuery } from "@/api/queries";
import type { Version } from "@/api/types";
import { ago, count } from "@/core/format";
import { clamp } from "@/core/geometry";
import { useShortcuts } from "@/core/keyboard";
import { useReady } from "@/core/ready";
import { may } from "@/core/roles";
import { toasts } from "@/core/toasts";
import { Page } from "@/ui/Page";
import { EmptyState, Loaded } from "@/ui/States";
import { tellError } from "@/ui/steps";
import classes from "./VersionsPage.module.css";

export function VersionsPage() {
  const { dataset } = useParams({ from: "/app/datasets/$dataset/versions" });
  const name = useQuery(datasetQuery(dataset)).data?.name ?? dataset;
  const versions = useQuery(versionsQuery(dataset));
  useReady("versions", !versions.isPending);
  return (
    <Page
      title={name}
      note="Versions"
      actions={versions.data && <Compare dataset={dataset} versions={versions.data} />}
    >
      <Loaded query={versions}>
        {(all) =>
          all.length ? (
            <VersionList dataset={dataset} versions={all} />
          ) : (
            <EmptyState icon="versions" title="No version yet" />
          )
        }
      </Loaded>
    </Page>
  );
}

/** Any two versions side by side. */
function Compare({ dataset, versions }: { dataset: string; versions: Version[] }) {
  const [from, setFrom] = useState<string | null>(null);
  const [to, setTo] = useState<string | null>(null);
  const navigate = useNavigate();
  if (versions.length < 2) return null;
  const numbers = versions.map((one) => ({ value: String(one.number), label: `v${one.number}` }));
  const before = from ?? String(versions[1]?.number);
  const after = to ?? String(versions[0]?.number);
  return (
    <>
      <NativeSelect
        aria-label="Compare version"
        data={numbers}
        value={before}
        onChange={(e) => setFrom(e.currentTarget.value)}
      />
      <span className="dim">with</span>
      <NativeSelect
        aria-label="with version"
        data={numbers}
        value={after}
        onChange={(e) => setTo(e.currentTarget.value)}
      />
      <Button
        variant="default"
        disabled={before === after}
        onClick={() =>
          void navigate({
            to: "/datasets/$dataset/versions/$version",
            params: { dataset, version: after },
            search: { against: Number(before) },
          })
        }
      >
        Compare
      </Button>
    </>
  );
}

function VersionList({ dataset, versions }: { dataset: string; versions: Version[] }) {
  const [current, setCurrent] = useState(-1);
  const navigate = useNavigate();
  const byNumber = new Map(versions.map((one) => [one.number, one]));
  const move = (by: number) => setCurrent((before) => clamp(before + by, 0, versions.length - 1));
  useShortcuts("versions", {
    next: () => move(1),
    previous: () => move(-1),
    open: () => {
      const version = versions[current];
      if (!version || version.parent === null) return;
      void navigate({
        to: "/datasets/$dataset/versions/$version",
        params: { dataset, version: String(version.number) },
        search: {},
      });
    },
  });
  return (
    <ol className={classes.list} aria-label="Versions, the newest first">
      {versions.map((version, row) => (
        <VersionRow
          key={version.number}
          dataset={dataset}
          version={version}
          parent={byNumber.get(version.parent ?? -1)}
          newest={row === 0}
          current={row === current}
        />
      ))}
    </ol>
  );
}

function Change({ now, before }: { now: number; before: number | undefined }) {
  const by = before === undefined ? 0 : now - before;
  return (
    <span className="num">
      {count(now)}
      {by !== 0 && (
        <span className="dim">
          {" "}
          {by > 0 ? "+" : "−"}
          {count(Math.abs(by))}
        </span>
      )}
    </span>
  );
}

interface VersionRowProps {
  dataset: string;
  version: Version;
  parent: Version | undefined;
  newest: boolean;
  current: boolean;
}

function Meta({ dataset, version }: Pick<VersionRowProps, "dataset" | "version">) {
  return (
    <div className={classes.meta}>
      <span>
        {version.created_by} · {ago(version.created_at)}
      </span>
      <span className="mono" title={`content hash ${version.content_hash}`}>
        {version.content_hash.slice(0, 12)}
      </span>
      {version.job_id && (
        <Link to="/jobs/$job" params={{ job: version.job_id }} className="link">
          its job
        </Link>
      )}
      <Link to="/datasets/$dataset/lineage" params={{ dataset }} search={{ version: version.number }} className="link">
        lineage
      </Link>
    </div>
  );
}

function Counts({ dataset, version, parent, newest }: Omit<VersionRowProps, "current">) {
  const search = newest ? {} : { version: version.number };
  return (
    <dl className={classes.counts}>
      <div>
        <dt>items</dt>
        <dd>
          <Link to="/datasets/$dataset" params={{ dataset }} search={search}>
            <Change now={version.item_count} before={parent?.item_count} />
          </Link>
        </dd>
      </div>
      <div>
        <dt>annotations</dt>
        <dd>
          <Link to="/datasets/$dataset" params={{ dataset }} search={{ ...search, sort: "annotations", order: "desc" }}>
            <Change now={version.annotation_count} before={parent?.annotation_count} />
          </Link>
        </dd>
      </div>
    </dl>
  );
}

function VersionRow({ dataset, version, parent, newest, current }: VersionRowProps) {
  const me = useQuery(meQuery).data;
  const search = newest ? {} : { version: version.number };
  return (
    <li className={classes.version} data-current={current || undefined}>
      <span className={classes.dot} data-newest={newest || undefined} />
      <div className="grow">
        <div className={classes.first}>
          <Link to="/datasets/$dataset" params={{ dataset }} search={search} className={classes.number}>
            Version {version.number}
          </Link>
          {newest && <span className={classes.newest}>newest</span>}
        </div>
        <div className={classes.message}>{version.message || <span className="dim">no message</span>}</div>
        <Meta dataset={dataset} version={version} />
      </div>
      <Counts dataset={dataset} version={version} parent={parent} newest={newest} />
      <div className={classes.actions}>
        {version.parent !== null && (
          <Link
            to="/datasets/$dataset/versions/$version"
            params={{ dataset, version: String(version.number) }}
            search={{}}
            className="link"
          >
            What changed
          </Link>
        )}
        {!newest && may(me?.role, "run") && <Restore dataset={dataset} number={version.number} />}
      </div>
    </li>
  );
}

/** Makes a new version equal to an old one; nothing is lost. */
function Restore({ dataset, number }: { dataset: string; number: number }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const restore = useMutation({
    mutationFn: () =>
      take(api.POST("/api/datasets/{dataset}/versions/{number}/revert", { params: { path: { dataset, number } } })),
    onSuccess: async (job) => {
      toasts.show({ text: `A new version equal to version ${number} is being made` });
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      await navigate({ to: "/jobs/$job", params: { job: job.id } });
    },
    onError: tellError,
  });
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      loading={restore.isPending}
      aria-label={`Restore version ${number}`}
      onClick={() => restore.mutate()}
    >
      Restore
    </Button>
  );
}
