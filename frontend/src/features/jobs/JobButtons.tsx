import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { isActive, meQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { may } from "@/core/roles";
import { tellError } from "@/ui/steps";

export function JobButtons({ job }: { job: Job }) {
  const me = useQuery(meQuery).data;
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (what: "cancel" | "retry") =>
      take(api.POST(`/api/jobs/{id}/${what}`, { params: { path: { id: job.id } } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      void queries.invalidateQueries({ queryKey: ["job", job.id] });
    },
    onError: tellError,
  });
  if (!may(me?.role, "run")) return null;
  if (isActive(job)) {
    return (
      <Button
        variant="default"
        size="compact-sm"
        disabled={job.cancel_requested}
        aria-label={`${job.cancel_requested ? "Stopping" : "Cancel"} ${job.title}`}
        onClick={() => act.mutate("cancel")}
      >
        {job.cancel_requested ? "Stopping" : "Cancel"}
      </Button>
    );
  }
  if (job.state === "succeeded") return null;
  return (
    <Button
      variant="default"
      size="compact-sm"
      loading={act.isPending}
      aria-label={`Retry ${job.title}`}
      onClick={() => act.mutate("retry")}
    >
      Retry
    </Button>
  );
}
