import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, take } from "@/api/client";
import { isActive, jobQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { toasts } from "@/core/toasts";
import { history } from "@/core/undo";
import { undoLast } from "@/ui/steps";

export interface Commit {
  start: (message: string) => void;
  job: Job | undefined;
  running: boolean;
  error: unknown;
  /** The version made, once the job has made it. */
  made: number | null;
  left: number;
}

/** Makes the next version of the accepted fixes by a job, follows it, and offers the way back. */
export function useCommit(dataset: string, latest: number | undefined): Commit {
  const queries = useQueryClient();
  const base = useRef(latest);
  const submit = useMutation({
    mutationFn: (message: string) => {
      base.current = latest;
      return take(api.POST("/api/datasets/{dataset}/versions", { params: { path: { dataset } }, body: { message } }));
    },
  });
  const id = submit.data?.id;
  const job = useQuery({ ...jobQuery(id ?? ""), enabled: id !== undefined }).data;
  const state = job?.state;
  const result = job?.result as { version?: number; unchanged?: boolean; left?: number } | null | undefined;
  const made = state === "succeeded" && result?.unchanged === false ? (result.version ?? null) : null;

  useEffect(() => {
    if (state === undefined || state === "queued" || state === "running") return;
    void queries.invalidateQueries({ queryKey: ["dataset", dataset] });
    void queries.invalidateQueries({ queryKey: ["datasets"] });
  }, [state, queries, dataset]);
  useEffect(() => {
    const before = base.current;
    if (made === null || !before) return;
    const revert = async () => {
      await take(
        api.POST("/api/datasets/{dataset}/versions/{number}/revert", {
          params: { path: { dataset, number: before } },
        }),
      );
      await queries.invalidateQueries({ queryKey: ["dataset", dataset] });
      await queries.invalidateQueries({ queryKey: ["jobs"] });
    };
    history.push({ label: `version ${made}; a new version will be as version ${before} was`, undo: revert });
    toasts.show({
      topic: "history",
      text: `Version ${made} is made`,
      action: { label: "Undo", run: () => void undoLast() },
    });
  }, [made, dataset, queries]);
  return {
    start: submit.mutate,
    job,
    running: submit.isPending || (job !== undefined && isActive(job)),
    error: submit.error,
    made,
    left: result?.left ?? 0,
  };
}
