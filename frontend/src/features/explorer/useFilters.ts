import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type Filters, readFilters, writeFilters } from "@/core/filters";

/** The explorer's filters, which live in the URL, and the way to change them. */
export function useFilters(dataset: string): [Filters, (change: (before: Filters) => Filters) => void] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const filters = useMemo(() => readFilters(search), [search]);
  const change = useCallback(
    (make: (before: Filters) => Filters) => {
      void navigate({
        to: "/datasets/$dataset",
        params: { dataset },
        search: (before) => writeFilters(make(readFilters(before))),
        replace: true,
      });
    },
    [navigate, dataset],
  );
  return [filters, change];
}
