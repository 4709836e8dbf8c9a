import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { datasetQuery, diffQuery } from "@/api/queries";
import type { Annotation, ItemChange, VersionDiff } from "@/api/types";
import { type Colors, labelColors } from "@/core/color";
import { count, plural } from "@/core/format";
import { useReady } from "@/core/ready";
import { Crop } from "@/ui/Crop";
import { Page } from "@/ui/Page";
import { EmptyState, ErrorState, Lines } from "@/ui/States";
import { Swatch } from "@/ui/Swatch";
import { changedAnnotations } from "./changes";
import classes from "./DiffPage.module.css";

export function DiffPage() {
  const { dataset, version } = useParams({ from: "/app/datasets/$dataset/versions/$version" });
  const { against } = useSearch({ from: "/app/datasets/$dataset/versions/$version" });
  const detail = useQuery(datasetQuery(dataset)).data;
  const query = useInfiniteQuery(diffQuery(dataset, Number(version), against));
  const colors = useMemo(() => labelColors(detail?.taxonomy.labels ?? []), [detail?.taxonomy.labels]);
  const first = query.data?.pages[0];
  const changes = query.data?.pages.flatMap((page) => page.changes) ?? [];
  useReady("diff", !query.isPending);
  const up = (
    <Link to="/datasets/$dataset/versions" params={{ dataset }}>
      {detail?.name ?? dataset}
    </Link>
  );
  return (
    <Page title={first ? `Version ${first.against} → ${first.number}` : `Version ${version}`} up={up}>
      {query.error && !first ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : !first ? (
        <Lines count={10} />
      ) : (
        <div className={classes.diff}>
          <Totals diff={first} />
          <Labels changes={first.taxonomy} />
          {first.by_label.length > 0 && <LabelTable dataset={dataset} diff={first} colors={colors} />}
          <ul className={classes.changes} aria-label="Changed items">
            {changes.map((change) => (
              <ChangeRow key={change.item_id} dataset={dataset} diff={first} change={change} colors={colors} />
            ))}
          </ul>
          {query.hasNextPage && (
            <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              Show more
            </Button>
          )}
          {changes.length === 0 && !changed(first.taxonomy) && (
            <EmptyState icon="check" title="These versions hold the same" />
          )}
        </div>
      )}
    </Page>
  );
}

function Totals({ diff }: { diff: VersionDiff }) {
  const rows = [
    ["Items", diff.items],
    ["Annotations", diff.annotations],
  ] as const;
  return (
    <div className={classes.totals}>
      {rows.map(([name, counts]) => (
        <div key={name}>
          <span className={classes.what}>{name}</span>
          <Signed kind="added" value={counts.added} />
          <Signed kind="removed" value={counts.removed} />
          <Signed kind="changed" value={counts.changed} />
        </div>
      ))}
    </div>
  );
}

function changed({ added, removed, changed, rest }: VersionDiff["taxonomy"]) {
  return rest || added.length + removed.length + changed.length > 0;
}

function Labels({ changes }: { changes: VersionDiff["taxonomy"] }) {
  const told = (["added", "removed", "changed"] as const)
    .filter((kind) => changes[kind].length > 0)
    .map((kind) => `labels ${kind}: ${changes[kind].join(", ")}`);
  if (changes.rest) told.push("order, instructions or metadata differ");
  return told.length > 0 ? <p className={classes.what}>Taxonomy: {told.join("; ")}</p> : null;
}

const SIGNS = { added: "+", removed: "−", changed: "±" } as const;

function Signed({ kind, value }: { kind: keyof typeof SIGNS; value: number }) {
  return (
    <span className={classes.signed} data-kind={value ? kind : undefined}>
      {SIGNS[kind]}
      {count(value)} {kind}
    </span>
  );
}

function LabelTable({ dataset, diff, colors }: { dataset: string; diff: VersionDiff; colors: Colors }) {
  return (
    <table className={classes.labels}>
      <caption className="hidden">Annotations added, removed and changed, by label</caption>
      <thead>
        <tr>
          <th scope="col">Label</th>
          <th scope="col">Added</th>
          <th scope="col">Removed</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {diff.by_label.map((row) => (
          <tr key={row.label}>
            <th scope="row">
              <Link
                to="/datasets/$dataset"
                params={{ dataset }}
                search={{ label: [row.label], version: diff.number }}
                className={classes.label}
              >
                <Swatch color={colors(row.label)} />
                {row.label}
              </Link>
            </th>
            <td>{count(row.added)}</td>
            <td>{count(row.removed)}</td>
            <td>{count(row.changed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ChangeRowProps {
  dataset: string;
  diff: VersionDiff;
  change: ItemChange;
  colors: Colors;
}

const KINDS: Record<ItemChange["kind"], string> = {
  added: "item added",
  removed: "item removed",
  changed: "item changed",
  annotations: "",
};

function ChangeRow({ dataset, diff, change, colors }: ChangeRowProps) {
  const { removed, added, changed } = changedAnnotations(change);
  const words = [
    KINDS[change.kind],
    removed.length ? `${plural(removed.length, "annotation")} removed` : "",
    added.length ? `${plural(added.length, "annotation")} added` : "",
    changed.length ? `${plural(changed.length, "annotation")} changed` : "",
  ].filter(Boolean);
  const version = change.kind === "removed" ? diff.against : diff.number;
  return (
    <li className={classes.change}>
      <div className={classes.about}>
        <Link
          to="/datasets/$dataset/items/$item"
          params={{ dataset, item: change.item_id }}
          search={{ version }}
          className={classes.name}
        >
          {change.item_name}
        </Link>
        <span className="dim">{words.join(", ")}</span>
      </div>
      <Side title={`v${diff.against}`} change={change} annotations={change.before} struck={removed} colors={colors} />
      <Side title={`v${diff.number}`} change={change} annotations={change.after} struck={[]} colors={colors} />
    </li>
  );
}

interface SideProps {
  title: string;
  change: ItemChange;
  annotations: readonly Annotation[];
  struck: readonly string[];
  colors: Colors;
}

/** The same part of the item on both sides: what was there before and after frames it. */
function Side({ title, change, annotations, struck, colors }: SideProps) {
  const around = [...change.before, ...change.after];
  const item = { ...change, name: change.item_name, kind: change.item_kind };
  return (
    <figure className={classes.side}>
      <div className={classes.crop}>
        <Crop
          item={item}
          annotations={annotations}
          frame={around}
          colors={colors}
          struck={new Set(struck)}
          pixels={220}
          aspect={4 / 3}
        />
      </div>
      <figcaption>{title}</figcaption>
    </figure>
  );
}
