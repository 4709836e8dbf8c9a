import { useQueries } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { ITEMS_PAGE, itemsPageQuery } from "@/api/queries";
import type { Item } from "@/api/types";
import type { Filters } from "@/core/filters";
import { pagesFor } from "@/core/grid";

export interface Items {
  total: number | undefined;
  error: unknown;
  /** Whether the first page is here. */
  loaded: boolean;
  at: (index: number) => Item | undefined;
  retry: () => void;
}

const SETTLE_MS = 60;

/** Waits until a value has been still for a moment, so that a fling through a million items asks for few pages. */
function useSettled<T>(value: T, same: (a: T, b: T) => boolean): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    if (same(settled, value)) return;
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value, settled, same]);
  return settled;
}

const sameList = (a: number[], b: number[]) => a.length === b.length && a.every((page, i) => page === b[i]);

/** The items at the positions [first, last) under the filters, fetched page by page as they come into sight. */
export function useItems(dataset: string, filters: Filters, first: number, last: number): Items {
  const wanted = useMemo(() => {
    const pages = pagesFor(first, last, ITEMS_PAGE);
    return pages.length ? pages : [0];
  }, [first, last]);
  const pages = useSettled(wanted, sameList);
  const results = useQueries({ queries: pages.map((page) => itemsPageQuery(dataset, filters, page)) });
  const known = results.find((result) => result.data)?.data;
  const byPage = new Map(
    results.flatMap(({ data }) => (data ? [[data.offset / ITEMS_PAGE, data.items] as const] : [])),
  );
  return {
    total: known?.total,
    error: known ? null : (results.find((result) => result.error)?.error ?? null),
    loaded: results.every((result) => result.isSuccess),
    at: (index) => byPage.get(Math.floor(index / ITEMS_PAGE))?.[index % ITEMS_PAGE],
    retry: () => {
      for (const result of results) void result.refetch();
    },
  };
}
