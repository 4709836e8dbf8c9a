import { Skeleton } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { datasetQuery, itemQueryOptions } from "@/api/queries";
import type { Annotation, Finding, ItemDetail, ItemFull } from "@/api/types";
import { type Colors, labelColors } from "@/core/color";
import { type Filters, first, readFilters, writeFilters } from "@/core/filters";
import { count } from "@/core/format";
import { useShortcuts } from "@/core/keyboard";
import { useReady } from "@/core/ready";
import { DismissDialog } from "@/ui/DismissDialog";
import { IconButton } from "@/ui/Keys";
import { Page } from "@/ui/Page";
import { ErrorState } from "@/ui/States";
import { useDecisions } from "@/ui/useDecisions";
import { AudioView } from "./AudioView";
import { ImageView, type Marks } from "./ImageView";
import classes from "./ItemPage.module.css";
import { ItemPanel } from "./ItemPanel";
import { TextView } from "./TextView";

export function ItemPage() {
  const { dataset, item: id } = useParams({ from: "/app/datasets/$dataset/items/$item" });
  const search = useSearch({ from: "/app/datasets/$dataset/items/$item" });
  const filters = useMemo(() => readFilters(search), [search]);
  const query = useQuery({ ...itemQueryOptions(dataset, id, filters), placeholderData: keepPreviousData });
  usePreload(dataset, filters, query.data);
  const back = <BackLink dataset={dataset} filters={filters} />;
  if (query.error && !query.data) {
    return (
      <Page title={id} up={back}>
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      </Page>
    );
  }
  if (!query.data) {
    return (
      <Page title="…" up={back} full>
        <div className={classes.loading} role="status" aria-label="Loading the item">
          <Skeleton height="100%" />
        </div>
      </Page>
    );
  }
  return (
    <ItemView
      dataset={dataset}
      filters={filters}
      detail={query.data}
      stale={query.data.item.id !== id}
      annotation={first(search.annotation) ?? null}
      finding={first(search.finding) ?? null}
    />
  );
}

function BackLink({ dataset, filters }: { dataset: string; filters: Filters }) {
  return (
    <Link to="/datasets/$dataset" params={{ dataset }} search={writeFilters(filters)}>
      {dataset}
    </Link>
  );
}

/** Fetches the neighbours, so that the next picture is there when it is asked for. */
function usePreload(dataset: string, filters: Filters, detail: ItemDetail | undefined) {
  const queries = useQueryClient();
  useEffect(() => {
    for (const id of [detail?.next, detail?.previous]) {
      if (id) void queries.prefetchQuery({ ...itemQueryOptions(dataset, id, filters), staleTime: 10_000 });
    }
  }, [queries, dataset, filters, detail]);
}

interface ItemViewProps {
  dataset: string;
  filters: Filters;
  detail: ItemDetail;
  /** The detail is still that of the item before. */
  stale: boolean;
  annotation: string | null;
  finding: string | null;
}

function ItemView({ dataset, filters, detail, stale, ...shown }: ItemViewProps) {
  const { item, annotations, findings } = detail;
  const taxonomy = useQuery(datasetQuery(dataset)).data?.taxonomy.labels;
  const colors = useMemo(() => labelColors(taxonomy ?? []), [taxonomy]);
  const look = useLook(detail, shown);
  const decisions = useDecisions(dataset);
  const [dismissing, setDismissing] = useState(false);
  const [drawn, setDrawn] = useState<string | null>(null);
  const onReady = useCallback(() => setDrawn(item.id), [item.id]);
  useReady("item", !stale && drawn === item.id);
  const go = useItemNavigation(dataset, filters, detail);
  const finding = findings.find((one) => one.id === look.finding) ?? null;
  useShortcuts("item", {
    next: go.next,
    previous: go.previous,
    nextAnnotation: () => look.step(1),
    previousAnnotation: () => look.step(-1),
    overlays: look.toggleAll,
    accept: () => finding?.fix && finding.state === "open" && decisions.accept([finding]),
    dismiss: () => finding?.state === "open" && setDismissing(true),
    close: () => (look.selected || look.finding ? look.clear() : go.close()),
  });
  const visible = look.allHidden ? [] : annotations.filter((one) => !look.hidden.has(one.label));
  return (
    <Page
      full
      title={item.name}
      up={<BackLink dataset={dataset} filters={filters} />}
      actions={<Steps detail={detail} go={go} />}
    >
      <div className={classes.item} aria-busy={stale}>
        <Media
          item={item}
          annotations={visible}
          colors={colors}
          look={look}
          evidence={finding?.evidence ?? NO_EVIDENCE}
          onReady={onReady}
        />
        <ItemPanel
          dataset={dataset}
          detail={detail}
          colors={colors}
          look={look}
          decisions={decisions}
          onDismiss={() => setDismissing(true)}
        />
      </div>
      {finding && (
        <DismissDialog
          opened={dismissing}
          rule={finding.rule}
          count={1}
          onClose={() => setDismissing(false)}
          onReason={(reason) => decisions.dismiss([finding], reason)}
        />
      )}
    </Page>
  );
}

interface MediaProps {
  item: ItemFull;
  annotations: readonly Annotation[];
  colors: Colors;
  look: Look;
  /** Of the finding shown. */
  evidence: Readonly<Record<string, unknown>>;
  onReady: () => void;
}

const NO_EVIDENCE: Readonly<Record<string, unknown>> = {};

function Media({ look, ...rest }: MediaProps) {
  const view = { ...rest, marks: look.marks, onHover: look.hover, onSelect: look.select };
  if (rest.item.kind === "text") return <TextView {...view} />;
  if (rest.item.kind === "audio") return <AudioView {...view} />;
  return <ImageView {...view} />;
}

function useItemNavigation(dataset: string, filters: Filters, { previous, next }: ItemDetail) {
  const navigate = useNavigate();
  const search = writeFilters(filters);
  const open = (item: string | null) => {
    if (!item) return;
    void navigate({ to: "/datasets/$dataset/items/$item", params: { dataset, item }, search, replace: true });
  };
  return {
    next: () => open(next),
    previous: () => open(previous),
    close: () => void navigate({ to: "/datasets/$dataset", params: { dataset }, search }),
  };
}

function Steps({ detail, go }: { detail: ItemDetail; go: ReturnType<typeof useItemNavigation> }) {
  return (
    <>
      <span className="dim num">
        {detail.index === null ? "not in this selection" : `${count(detail.index + 1)} of ${count(detail.total)}`}
      </span>
      <IconButton
        icon="left"
        label="Previous item"
        hint="item.previous"
        disabled={!detail.previous}
        onClick={go.previous}
      />
      <IconButton icon="right" label="Next item" hint="item.next" disabled={!detail.next} onClick={go.next} />
    </>
  );
}

export interface Look {
  hovered: string | null;
  selected: string | null;
  finding: string | null;
  hidden: ReadonlySet<string>;
  allHidden: boolean;
  marks: Marks;
  hover: (id: string | null) => void;
  select: (id: string | null) => void;
  showFinding: (id: string | null) => void;
  toggleLabel: (label: string) => void;
  toggleAll: () => void;
  step: (by: 1 | -1) => void;
  clear: () => void;
}

/** A finding lights its annotations and strikes the one that its fix would take. */
function useMarks(hovered: string | null, selected: string | null, lit: Finding | undefined): Marks {
  return useMemo(() => {
    const ids = lit?.subject.kind === "annotation" ? lit.subject.ids : [];
    const pending = lit?.fix && (lit.state === "open" || lit.state === "accepted");
    return { hovered, selected, lit: new Set(ids), struck: new Set(pending ? ids.slice(0, 1) : []) };
  }, [hovered, selected, lit]);
}

/** What is hovered, selected, hidden and lit on the item. */
function useLook(
  { item, annotations, findings }: ItemDetail,
  shown: { annotation: string | null; finding: string | null },
): Look {
  const [hovered, hover] = useState<string | null>(null);
  const [selected, setSelected] = useState(shown.annotation);
  const [finding, setFinding] = useState(shown.finding);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [allHidden, setAllHidden] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another item, or another link to it, resets the look
  useEffect(() => {
    hover(null);
    setSelected(shown.annotation);
    setFinding(shown.finding);
  }, [item.id, shown.annotation, shown.finding]);

  const marks = useMarks(
    hovered,
    selected,
    findings.find((one) => one.id === finding),
  );

  const select = (id: string | null) => {
    setSelected(id);
    if (id === null) setFinding(null);
  };
  return {
    hovered,
    selected,
    finding,
    hidden,
    allHidden,
    marks,
    hover,
    select,
    showFinding: (id) => {
      setFinding(id);
      setSelected(null);
    },
    toggleLabel: (label) => {
      const next = new Set(hidden);
      if (!next.delete(label)) next.add(label);
      setHidden(next);
    },
    toggleAll: () => setAllHidden(!allHidden),
    step: (by) => {
      const at = annotations.findIndex((one) => one.id === selected);
      const next = at < 0 ? (by > 0 ? 0 : annotations.length - 1) : (at + by + annotations.length) % annotations.length;
      setSelected(annotations[next]?.id ?? null);
    },
    clear: () => {
      setSelected(null);
      setFinding(null);
    },
  };
}
