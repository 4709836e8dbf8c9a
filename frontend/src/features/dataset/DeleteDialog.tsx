import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, asApiError, take } from "@/api/client";
import type { DatasetDetail } from "@/api/types";
import { plural } from "@/core/format";
import { toasts } from "@/core/toasts";
import { Dialog } from "@/ui/Dialog";
import classes from "./Dialogs.module.css";

interface DeleteDialogProps {
  dataset: DatasetDetail;
  opened: boolean;
  onClose: () => void;
}

/** Deletes a dataset once its name has been typed. */
export function DeleteDialog({ dataset, opened, onClose }: DeleteDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Delete ${dataset.name}`}>
      <DeleteForm dataset={dataset} onDone={onClose} />
    </Dialog>
  );
}

function DeleteForm({ dataset, onDone }: { dataset: DatasetDetail; onDone: () => void }) {
  const [typed, setTyped] = useState("");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => take(api.DELETE("/api/datasets/{dataset}", { params: { path: { dataset: dataset.id } } })),
    onSuccess: async () => {
      onDone();
      toasts.show({ text: `${dataset.name} is deleted` });
      await navigate({ to: "/" });
      for (const key of [dataset.id, dataset.name]) queries.removeQueries({ queryKey: ["dataset", key] });
      void queries.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === dataset.name) remove.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <p>
        It will be gone with its {plural(dataset.versions, "version")}, its findings and what was decided on them. This
        cannot be undone.
      </p>
      <TextInput
        label={`Type ${dataset.name} to confirm`}
        autoComplete="off"
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {remove.error && (
        <p role="alert" className={classes.problem}>
          {asApiError(remove.error).detail} {asApiError(remove.error).remedy}
        </p>
      )}
      <Button type="submit" color="red.9" disabled={typed !== dataset.name} loading={remove.isPending}>
        Delete the dataset
      </Button>
    </form>
  );
}
