import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, asApiError, take } from "@/api/client";
import { importSourcesQuery } from "@/api/queries";
import { Dialog } from "@/ui/Dialog";
import classes from "./ImportDialog.module.css";

/** Starts an import of a folder that the server can see. */
export function ImportDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Import a folder of the server">
      <ImportForm onDone={onClose} enabled={opened} />
    </Dialog>
  );
}

interface Wanted {
  path: string;
  name: string;
  /** Empty: told by the content. */
  format: string;
  keep_going: boolean;
}

function useImport(onDone: () => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (wanted: Wanted) =>
      take(api.POST("/api/imports", { body: { ...wanted, format: wanted.format || null } })),
    onSuccess: async (job) => {
      onDone();
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      await navigate({ to: "/jobs/$job", params: { job: job.id } });
    },
  });
}

function ImportForm({ onDone, enabled }: { onDone: () => void; enabled: boolean }) {
  const sources = useQuery({ ...importSourcesQuery, enabled });
  const [wanted, setWanted] = useState<Wanted>({ path: "", name: "", format: "", keep_going: false });
  const change = (part: Partial<Wanted>) => setWanted((before) => ({ ...before, ...part }));
  const start = useImport(onDone);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate(wanted);
  };
  const roots = sources.data?.roots ?? [];
  return (
    <form className={classes.form} onSubmit={submit}>
      {sources.data && roots.length === 0 && (
        <p className="dim">
          This server allows no folders. Start it with <span className="mono">--import-root FOLDER</span>, or import
          from a terminal.
        </p>
      )}
      <TextInput
        label="Folder"
        description={roots.length ? `below ${roots.join(" or ")}` : undefined}
        required
        withAsterisk={false}
        data-autofocus
        value={wanted.path}
        onChange={(event) => change({ path: event.currentTarget.value })}
      />
      <TextInput
        label="Dataset"
        description="A new name, or that of a dataset to make the next version of"
        required
        withAsterisk={false}
        value={wanted.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <NativeSelect
        label="Format"
        value={wanted.format}
        onChange={(event) => change({ format: event.currentTarget.value })}
        data={[{ value: "", label: "told by the content" }, ...(sources.data?.formats ?? [])]}
      />
      <Checkbox
        size="xs"
        label="Leave out what cannot be read, and report it"
        checked={wanted.keep_going}
        onChange={(event) => change({ keep_going: event.currentTarget.checked })}
      />
      {start.error && (
        <p role="alert" className={classes.problem}>
          {asApiError(start.error).detail} {asApiError(start.error).remedy}
        </p>
      )}
      <Button type="submit" loading={start.isPending}>
        Import
      </Button>
    </form>
  );
}
