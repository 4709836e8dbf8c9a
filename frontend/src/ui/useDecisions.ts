import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, take } from "@/api/client";
import { findingsKey } from "@/api/queries";
import type { ActionKind, Finding, FindingsPage, ItemDetail } from "@/api/types";
import type { serverFilter } from "@/core/findingFilters";
import { plural } from "@/core/format";
import { toasts } from "@/core/toasts";
import { type Done, history } from "@/core/undo";
import { decideItem, decidePages, STATE_AFTER } from "./decisionCache";
import { tellError, undoLast } from "./steps";

type Filter = ReturnType<typeof serverFilter> & { fixable?: boolean };
type Which = { ids: string[] } | { filter: Filter };

export interface Decisions {
  accept: (findings: readonly Finding[]) => void;
  dismiss: (findings: readonly Finding[], reason: string) => void;
  reopen: (findings: readonly Finding[]) => void;
  /** Decides all that a filter keeps, seen or not. */
  all: (kind: ActionKind, filter: Filter, reason?: string) => void;
}

const WORDS: Record<ActionKind, string> = { accept: "accepted", dismiss: "dismissed", reopen: "reopened" };

/** Decisions on a dataset's findings: shown at once, sent, and undone by Ctrl+Z. */
export function useDecisions(dataset: string): Decisions {
  const queries = useQueryClient();
  return useMemo(() => {
    const decide = (kind: ActionKind, which: Which, reason?: string) => void act(queries, dataset, kind, which, reason);
    const ids = (findings: readonly Finding[]) => ({ ids: findings.map((finding) => finding.id) });
    return {
      accept: (findings) => decide("accept", ids(findings.filter((one) => one.fix))),
      dismiss: (findings, reason) => decide("dismiss", ids(findings), reason),
      reopen: (findings) => decide("reopen", ids(findings)),
      all: (kind, filter, reason) => decide(kind, { filter }, reason),
    };
  }, [queries, dataset]);
}

async function act(queries: QueryClient, dataset: string, kind: ActionKind, which: Which, reason?: string) {
  if ("ids" in which && which.ids.length === 0) return;
  if ("ids" in which) showAtOnce(queries, dataset, kind, new Set(which.ids), reason ?? null);
  try {
    const done = await send(queries, dataset, kind, which, reason);
    if (!done) {
      toasts.show({ topic: "history", text: "Nothing had to change" });
      return;
    }
    history.push(done);
    toasts.show({
      topic: "history",
      text: done.label.charAt(0).toUpperCase() + done.label.slice(1),
      action: { label: "Undo", run: () => void undoLast() },
    });
  } catch (error) {
    tellError(error);
    await refresh(queries, dataset, true);
  }
}

async function send(
  queries: QueryClient,
  dataset: string,
  kind: ActionKind,
  which: Which,
  reason?: string,
): Promise<Done | null> {
  const body = { kind, reason: reason ?? null, ...which };
  const answer = await take(
    api.POST("/api/datasets/{dataset}/findings/actions", { params: { path: { dataset } }, body }),
  );
  await refresh(queries, dataset, "filter" in which);
  const id = answer.action_id;
  if (id === null) return null;
  return {
    label: `${plural(answer.changed, "finding")} ${WORDS[kind]}`,
    undo: async () => {
      await take(api.POST("/api/datasets/{dataset}/findings/actions/{id}/undo", { params: { path: { dataset, id } } }));
      await refresh(queries, dataset, true);
    },
    redo: async () => {
      const again = await send(queries, dataset, kind, which, reason);
      await refresh(queries, dataset, true);
      return again ?? { label: "nothing", undo: async () => undefined };
    },
  };
}

/** The counts change with each decision; the lists only where the cache could not be told what changed. */
async function refresh(queries: QueryClient, dataset: string, lists: boolean): Promise<void> {
  const stale = (rest: unknown[], exact = false) =>
    queries.invalidateQueries({ queryKey: ["dataset", dataset, ...rest], exact });
  await Promise.all([
    queries.invalidateQueries({ queryKey: ["rule-rates"] }),
    stale(["summary"]),
    stale([], true),
    stale(["items"]),
    stale(["facets"]),
    ...(lists ? [stale(["findings"]), stale(["item"])] : []),
  ]);
}

function showAtOnce(
  queries: QueryClient,
  dataset: string,
  kind: ActionKind,
  ids: ReadonlySet<string>,
  reason: string | null,
) {
  const state = STATE_AFTER[kind];
  for (const query of queries.getQueryCache().findAll({ queryKey: findingsKey(dataset) })) {
    const filter = query.queryKey[3] as Filter | undefined;
    queries.setQueryData<InfiniteData<FindingsPage>>(query.queryKey, (data) =>
      data ? (decidePages(data, ids, state, reason, filter?.state ?? []) as InfiniteData<FindingsPage>) : data,
    );
  }
  queries.setQueriesData<ItemDetail>({ queryKey: ["dataset", dataset, "item"] }, (detail) =>
    detail ? decideItem(detail, ids, state, reason) : detail,
  );
}
