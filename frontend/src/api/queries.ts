/** What is read from the server, and the keys it is cached under. */

import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from "@tanstack/react-query";
import type { Filters } from "@/core/filters";
import { ApiError, api, setCsrf, take } from "./client";
import type { FindingState, FindingsPage, Job, Severity } from "./types";

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: true,
        // A refusal stays a refusal; only a failing network or server is tried again.
        retry: (failures, error) =>
          failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
}

/** Filters as the items endpoints take them. */
export function itemQuery(filters: Filters) {
  const { meta, kind, ...rest } = filters;
  const metadata = Object.fromEntries(Object.entries(meta ?? {}).map(([key, values]) => [`meta.${key}`, values]));
  return { ...rest, kind: kind as ("image" | "text" | "audio")[] | undefined, metadata };
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async () => {
    const me = await take(api.GET("/api/me"));
    setCsrf(me.csrf);
    return me;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: () => take(api.GET("/api/health")),
  staleTime: Number.POSITIVE_INFINITY,
});

export const datasetsQuery = queryOptions({
  queryKey: ["datasets"],
  queryFn: () => take(api.GET("/api/datasets")),
  refetchInterval: (query) => (query.state.data?.some((dataset) => dataset.running_job) ? 1500 : false),
});

export const datasetQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["dataset", dataset],
    queryFn: () => take(api.GET("/api/datasets/{dataset}", { params: { path: { dataset } } })),
    refetchInterval: (query) => (query.state.data?.running_job ? 1500 : false),
  });

export const versionsQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["dataset", dataset, "versions"],
    queryFn: () => take(api.GET("/api/datasets/{dataset}/versions", { params: { path: { dataset } } })),
  });

export const diffQuery = (dataset: string, number: number, against: number | undefined) =>
  infiniteQueryOptions({
    queryKey: ["dataset", dataset, "diff", number, against ?? null],
    queryFn: ({ pageParam }) =>
      take(
        api.GET("/api/datasets/{dataset}/versions/{number}/diff", {
          params: { path: { dataset, number }, query: { against, offset: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next ?? undefined,
    // Versions never change.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const ITEMS_PAGE = 100;

export const itemsPageQuery = (dataset: string, filters: Filters, page: number) =>
  queryOptions({
    queryKey: ["dataset", dataset, "items", filters, page],
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/datasets/{dataset}/items", {
          params: {
            path: { dataset },
            query: { ...itemQuery(filters), offset: page * ITEMS_PAGE, limit: ITEMS_PAGE },
          },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export const facetsQuery = (dataset: string, { sort: _sort, order: _order, ...filters }: Filters) =>
  queryOptions({
    queryKey: ["dataset", dataset, "facets", filters],
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/datasets/{dataset}/facets", {
          params: { path: { dataset }, query: itemQuery(filters) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

export const itemQueryOptions = (dataset: string, id: string, filters: Filters) =>
  queryOptions({
    queryKey: ["dataset", dataset, "item", id, filters],
    queryFn: ({ signal }) =>
      take(
        api.GET("/api/datasets/{dataset}/items/{id}", {
          params: { path: { dataset, id }, query: itemQuery(filters) },
          signal,
        }),
      ),
  });

export interface FindingFilters {
  state?: FindingState[];
  rule?: string[];
  severity?: Severity[];
  label?: string[];
  item?: string;
  q?: string;
  decided?: "accepted" | "dismissed";
  sort?: "severity" | "rule" | "item";
}

const FINDINGS_PAGE = 100;

/** The next page begins after the rows that are still there: rows decided upon leave the cache as they leave the list. */
export function nextFindingsOffset(pages: FindingsPage[]): number | undefined {
  const loaded = pages.reduce((sum, page) => sum + page.findings.length, 0);
  const total = pages[0]?.total ?? 0;
  return loaded < total && (pages.at(-1)?.findings.length ?? 0) > 0 ? loaded : undefined;
}

export const findingsKey = (dataset: string) => ["dataset", dataset, "findings"] as const;

export const findingsQuery = (dataset: string, filters: FindingFilters) =>
  infiniteQueryOptions({
    queryKey: [...findingsKey(dataset), filters],
    queryFn: ({ pageParam, signal }) =>
      take(
        api.GET("/api/datasets/{dataset}/findings", {
          params: { path: { dataset }, query: { ...filters, offset: pageParam, limit: FINDINGS_PAGE } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (_last, pages) => nextFindingsOffset(pages),
    placeholderData: keepPreviousData,
  });

export const findingQuery = (dataset: string, id: string) =>
  queryOptions({
    queryKey: ["dataset", dataset, "finding", id],
    queryFn: () => take(api.GET("/api/datasets/{dataset}/findings/{id}", { params: { path: { dataset, id } } })),
  });

export const summaryQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["dataset", dataset, "summary"],
    queryFn: () => take(api.GET("/api/datasets/{dataset}/findings/summary", { params: { path: { dataset } } })),
  });

export const actionsQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["dataset", dataset, "actions"],
    queryFn: () =>
      take(
        api.GET("/api/datasets/{dataset}/findings/actions", {
          params: { path: { dataset }, query: { limit: 20 } },
        }),
      ),
  });

export const isActive = (job: Pick<Job, "state">) => job.state === "queued" || job.state === "running";

export const jobsQuery = (dataset?: string) =>
  queryOptions({
    queryKey: ["jobs", dataset ?? null],
    queryFn: () => take(api.GET("/api/jobs", { params: { query: { dataset, limit: 100 } } })),
    refetchInterval: (query) => (query.state.data?.some(isActive) ? 1000 : 10_000),
  });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: () => take(api.GET("/api/jobs/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data && !isActive(query.state.data) ? false : 700),
  });

/** The outline of a sound. Content never changes under its hash. */
export const waveQuery = (sha: string, parts: 128 | 512 | 2048) =>
  queryOptions({
    queryKey: ["wave", sha, parts],
    queryFn: ({ signal }) =>
      take(api.GET("/api/media/{sha}/wave", { params: { path: { sha }, query: { parts } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });

export const formatsQuery = queryOptions({
  queryKey: ["formats"],
  queryFn: () => take(api.GET("/api/formats")),
  staleTime: 600_000,
});

export const importEntriesQuery = (path: string) =>
  queryOptions({
    queryKey: ["import-entries", path],
    queryFn: () => take(api.GET("/api/imports/entries", { params: { query: { path } } })),
  });

export const rulesQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: () => take(api.GET("/api/rules")),
  staleTime: 600_000,
});

export const ruleQuery = (name: string) =>
  queryOptions({
    queryKey: ["rule", name],
    queryFn: () => take(api.GET("/api/rules/{name}", { params: { path: { name } } })),
    staleTime: 600_000,
  });

export const ruleRatesQuery = queryOptions({
  queryKey: ["rule-rates"],
  queryFn: () => take(api.GET("/api/rule-rates")),
});

export const lineageQuery = (urn: string) =>
  queryOptions({
    queryKey: ["lineage", urn],
    queryFn: () => take(api.GET("/api/lineage/{urn}", { params: { path: { urn } } })),
  });

export const usersQuery = queryOptions({ queryKey: ["users"], queryFn: () => take(api.GET("/api/users")) });
export const keysQuery = queryOptions({ queryKey: ["api-keys"], queryFn: () => take(api.GET("/api/api-keys")) });
export const importSourcesQuery = queryOptions({
  queryKey: ["import-sources"],
  queryFn: () => take(api.GET("/api/imports/sources")),
});
