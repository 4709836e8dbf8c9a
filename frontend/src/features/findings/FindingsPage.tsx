import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { datasetQuery, summaryQuery } from "@/api/queries";
import type { Finding } from "@/api/types";
import { type Colors, labelColors } from "@/core/color";
import { FINDING_SORTS, type FindingSearch, serverFilter } from "@/core/findingFilters";
import { plural, title } from "@/core/format";
import { useReady } from "@/core/ready";
import { DismissDialog } from "@/ui/DismissDialog";
import { IconButton } from "@/ui/Keys";
import { LintButton } from "@/ui/LintButton";
import { Page } from "@/ui/Page";
import { EmptyState, ErrorState, Lines } from "@/ui/States";
import { useDecisions } from "@/ui/useDecisions";
import { AcceptedBar, BulkBar } from "./Bars";
import { FindingDetail } from "./FindingDetail";
import { FindingFilters } from "./FindingFilters";
import { FindingRows } from "./FindingRows";
import classes from "./FindingsPage.module.css";
import { type Deciding, useDeciding } from "./useDeciding";
import { useFindingKeys } from "./useFindingKeys";
import { type FindingList, useFindingList } from "./useFindingList";
import { type Selection, useSelection } from "./useSelection";

export function FindingsPage() {
  const { dataset } = useParams({ from: "/app/datasets/$dataset/findings" });
  const search = useSearch({ from: "/app/datasets/$dataset/findings" });
  const navigate = useNavigate();
  const [panel, setPanel] = useState(false);
  const detail = useQuery(datasetQuery(dataset)).data;
  const summary = useQuery(summaryQuery(dataset));
  const list = useFindingList(dataset, search);
  const colors = useMemo(() => labelColors(detail?.taxonomy.labels ?? []), [detail?.taxonomy.labels]);
  const change = (next: FindingSearch) =>
    void navigate({ to: "/datasets/$dataset/findings", params: { dataset }, search: next, replace: true });
  useReady("findings", (!list.loading && !summary.isPending) || list.error !== null);
  return (
    <Page
      full
      title={detail?.name ?? dataset}
      note={`Findings${list.loading ? "" : ` · ${plural(list.total, "finding")}`}`}
      actions={
        <>
          <span className={classes.filterButton}>
            <IconButton icon="filter" label="Filters" pressed={panel} onClick={() => setPanel(!panel)} />
          </span>
          <NativeSelect
            aria-label="Sort by"
            value={search.sort ?? "severity"}
            data={FINDING_SORTS.map((sort) => ({ value: sort, label: `by ${title(sort).toLowerCase()}` }))}
            onChange={(event) => change({ ...search, sort: event.currentTarget.value as FindingSearch["sort"] })}
          />
          <LintButton dataset={dataset} />
        </>
      }
    >
      <div className={classes.page}>
        <FindingFilters summary={summary.data} search={search} colors={colors} open={panel} onChange={change} />
        <Inbox
          dataset={dataset}
          search={search}
          list={list}
          colors={colors}
          accepted={summary.data?.by_state.accepted ?? 0}
        />
      </div>
    </Page>
  );
}

interface InboxProps {
  dataset: string;
  search: FindingSearch;
  list: FindingList;
  colors: Colors;
  accepted: number;
}

function Inbox({ dataset, search, list, colors, accepted }: InboxProps) {
  const key = JSON.stringify(search);
  const [row, setRow] = useState(0);
  const [zoomed, setZoomed] = useState(false);
  const selection = useSelection(key);
  const current = Math.min(row, Math.max(0, list.findings.length - 1));
  const finding = list.findings[current];
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter starts at the top
  useEffect(() => setRow(0), [key]);
  const decisions = useDecisions(dataset);
  const goToFirst = (which: readonly Finding[]) =>
    setRow(Math.min(...which.map((one) => list.findings.indexOf(one)).filter((at) => at >= 0), current));
  const filter = serverFilter(search);
  const deciding = useDeciding({ finding, selection, filter, total: list.total, decisions, onDecided: goToFirst });
  const open = useOpenItem(dataset);
  const pick = usePicking(list, current, selection, setRow);
  useFindingKeys({ dataset, list, current, selection, deciding, zoomed, accepted, setRow, setZoomed, pick, open });
  if (list.error) return <ErrorState error={list.error} retry={list.retry} />;
  return (
    <div className={classes.inbox}>
      <div className={classes.columns}>
        <div className={classes.list}>
          {list.loading ? (
            <div className={classes.loading} role="status" aria-label="Loading the findings">
              <Lines count={12} height={26} />
            </div>
          ) : finding ? (
            <FindingRows
              list={list}
              current={current}
              selection={selection}
              colors={colors}
              onCurrent={setRow}
              onOpen={open}
              onToggle={pick}
            />
          ) : (
            <NoFindings search={search} />
          )}
        </div>
        {finding && (
          <FindingDetail
            dataset={dataset}
            finding={finding}
            colors={colors}
            decisions={decisions}
            zoomed={zoomed}
            onZoom={() => setZoomed(!zoomed)}
            onDismiss={deciding.askReason}
          />
        )}
      </div>
      <Footer dataset={dataset} selection={selection} deciding={deciding} list={list} accepted={accepted} />
    </div>
  );
}

function useOpenItem(dataset: string) {
  const navigate = useNavigate();
  return (finding: Finding) => {
    const item = finding.item?.id ?? finding.subject.item_ids[0];
    if (!item) return;
    void navigate({
      to: "/datasets/$dataset/items/$item",
      params: { dataset, item },
      search: { finding: finding.id },
    });
  };
}

/** Picks the row, or with Shift all rows from the current one to it. */
function usePicking(list: FindingList, current: number, selection: Selection, setRow: (row: number) => void) {
  return (row: number, extend: boolean) => {
    const finding = list.findings[row];
    if (!finding) return;
    if (extend) selection.add(list.findings.slice(Math.min(current, row), Math.max(current, row) + 1));
    else selection.toggle(finding);
    setRow(row);
  };
}

interface FooterProps {
  dataset: string;
  selection: Selection;
  deciding: Deciding;
  list: FindingList;
  accepted: number;
}

function Footer({ dataset, selection, deciding, list, accepted }: FooterProps) {
  const some = (selection.all && list.total > 0) || selection.picked.size > 0;
  return (
    <>
      {some && <BulkBar selection={selection} deciding={deciding} total={list.total} />}
      {!some && accepted > 0 && <AcceptedBar dataset={dataset} accepted={accepted} />}
      <DismissDialog
        opened={deciding.asking}
        rule={deciding.rule}
        count={deciding.count}
        onClose={deciding.stopAsking}
        onReason={deciding.dismiss}
      />
    </>
  );
}

function NoFindings({ search }: { search: FindingSearch }) {
  const narrowed = Boolean(search.rule || search.severity || search.label || search.item || search.q);
  const state = search.state ?? "open";
  if (narrowed) return <EmptyState icon="filter" title="No finding passes these filters" />;
  return (
    <EmptyState
      icon="check"
      title={state === "open" ? "Nothing is open" : `Nothing here${state === "all" ? "" : `: no finding is ${state}`}`}
    >
      {state === "open" && <p className="dim">Everything the rules found has been decided, or they found nothing.</p>}
    </EmptyState>
  );
}
