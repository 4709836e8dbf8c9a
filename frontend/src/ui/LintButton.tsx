import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, take } from "@/api/client";
import { meQuery } from "@/api/queries";
import { may } from "@/core/roles";
import { toasts } from "@/core/toasts";
import { Icon } from "./icons";
import { tellError } from "./steps";

/** Runs the rules on the newest version, for those who may. */
export function LintButton({ dataset }: { dataset: string }) {
  const me = useQuery(meQuery).data;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const lint = useMutation({
    mutationFn: () =>
      take(api.POST("/api/datasets/{dataset}/lint", { params: { path: { dataset } }, body: { ignore: [] } })),
    onSuccess: (job) => {
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      void queries.invalidateQueries({ queryKey: ["dataset", dataset], exact: true });
      toasts.show({
        text: "The rules are running",
        action: { label: "Watch", run: () => void navigate({ to: "/jobs/$job", params: { job: job.id } }) },
      });
    },
    onError: tellError,
  });
  if (!may(me?.role, "run")) return null;
  return (
    <Button
      variant="default"
      leftSection={<Icon name="play" size={12} />}
      loading={lint.isPending}
      onClick={() => lint.mutate()}
    >
      Run the rules
    </Button>
  );
}
