import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { findingsQuery } from "@/api/queries";
import type { Finding } from "@/api/types";
import { type FindingSearch, serverFilter } from "@/core/findingFilters";

const AHEAD = 30;

export interface FindingList {
  findings: readonly Finding[];
  total: number;
  loading: boolean;
  loadingMore: boolean;
  error: unknown;
  retry: () => void;
  /** Tells which row is the last in sight, so that more are fetched before they are needed. */
  sees: (row: number) => void;
}

export function useFindingList(dataset: string, search: FindingSearch): FindingList {
  const filters = useMemo(() => ({ ...serverFilter(search), sort: search.sort }), [search]);
  const query = useInfiniteQuery(findingsQuery(dataset, filters));
  const findings = useMemo(() => query.data?.pages.flatMap((page) => page.findings) ?? [], [query.data]);
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const sees = useMemo(
    () => (row: number) => {
      if (hasNextPage && !isFetching && row + AHEAD >= findings.length) void fetchNextPage();
    },
    [hasNextPage, isFetching, fetchNextPage, findings.length],
  );
  // All rows of the first pages may have been decided upon and left the list.
  useEffect(() => {
    if (findings.length === 0) sees(0);
  }, [findings.length, sees]);
  return {
    findings,
    total: query.data?.pages[0]?.total ?? 0,
    loading: query.isPending || (findings.length === 0 && query.isFetching),
    loadingMore: query.isFetchingNextPage,
    error: query.data ? null : query.error,
    retry: () => void query.refetch(),
    sees,
  };
}
