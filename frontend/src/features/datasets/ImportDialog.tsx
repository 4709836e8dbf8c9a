import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { api, asApiError, take } from "@/api/client";
import { formatsQuery, importSourcesQuery } from "@/api/queries";
import type { JobDetail } from "@/api/types";
import { plural } from "@/core/format";
import { toasts } from "@/core/toasts";
import { Dialog } from "@/ui/Dialog";
import { JobTail, useJob } from "@/ui/JobTail";
import classes from "./ImportDialog.module.css";
import { nameOf, SourceBrowser } from "./SourceBrowser";

/** Imports a folder or archive that the server can see, and goes to the dataset when it is there. */
export function ImportDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Import from the server" size="lg">
      <ImportForm onDone={onClose} enabled={opened} />
    </Dialog>
  );
}

interface Wanted {
  path: string;
  /** Empty: the folder's or archive's. */
  name: string;
  /** Empty: told by the content. */
  format: string;
  keep_going: boolean;
}

function useImport(onDone: () => void) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [id, setId] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: (wanted: Wanted) =>
      take(
        api.POST("/api/imports", {
          body: { ...wanted, name: wanted.name || nameOf(wanted.path), format: wanted.format || null },
        }),
      ),
    onMutate: () => setId(null),
    onSuccess: (job) => {
      // The same job may go on that failed before.
      queries.removeQueries({ queryKey: ["job", job.id] });
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      setId(job.id);
    },
  });
  const job = useJob(id);
  const done = job?.state === "succeeded" ? job : undefined;
  useEffect(() => {
    const dataset = done?.dataset?.name;
    if (!done || !dataset) return;
    void queries.invalidateQueries({ queryKey: ["datasets"] });
    void queries.invalidateQueries({ queryKey: ["dataset", dataset] });
    tellImported(done, () => void navigate({ to: "/jobs/$job", params: { job: done.id } }));
    onDone();
    void navigate({ to: "/datasets/$dataset", params: { dataset } });
  }, [done, queries, navigate, onDone]);
  return { start, job, running: start.isPending || (job !== undefined && ["queued", "running"].includes(job.state)) };
}

function tellImported(job: JobDetail, watch: () => void) {
  const { item_count = 0, format = "", problem_count = 0 } = (job.result ?? {}) as Record<string, never>;
  const left = problem_count ? `, ${plural(problem_count, "problem")} left out` : "";
  toasts.show({
    text: `Imported ${plural(item_count, "item")} from ${format}${left}`,
    action: { label: "See the job", run: watch },
  });
}

function ImportForm({ onDone, enabled }: { onDone: () => void; enabled: boolean }) {
  const sources = useQuery({ ...importSourcesQuery, enabled });
  const [wanted, setWanted] = useState<Wanted>({ path: "", name: "", format: "", keep_going: false });
  const change = (part: Partial<Wanted>) => setWanted((before) => ({ ...before, ...part }));
  const { start, job, running } = useImport(onDone);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate(wanted);
  };
  const roots = sources.data?.roots ?? [];
  return (
    <form className={classes.form} onSubmit={submit}>
      {sources.data && roots.length === 0 ? (
        <p className="dim">
          This server allows no folders. Start it with <span className="mono">--import-root FOLDER</span>, or import
          from a terminal.
        </p>
      ) : (
        <SourceBrowser roots={roots} onChoose={(path) => change({ path })} />
      )}
      <Fields wanted={wanted} change={change} roots={roots} formats={sources.data?.formats ?? []} />
      {start.error && (
        <p role="alert" className={classes.problem}>
          {asApiError(start.error).detail} {asApiError(start.error).remedy}
        </p>
      )}
      {job && <JobTail job={job} />}
      <Button type="submit" loading={running} disabled={wanted.path === ""}>
        Import
      </Button>
    </form>
  );
}

interface FieldsProps {
  wanted: Wanted;
  change: (part: Partial<Wanted>) => void;
  roots: readonly string[];
  formats: readonly string[];
}

function Fields({ wanted, change, roots, formats }: FieldsProps) {
  const titles = new Map(useQuery(formatsQuery).data?.map((one) => [one.name, one.title]));
  return (
    <>
      <TextInput
        label="Folder or archive"
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
        placeholder={nameOf(wanted.path)}
        value={wanted.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <NativeSelect
        label="Format"
        value={wanted.format}
        onChange={(event) => change({ format: event.currentTarget.value })}
        data={[
          { value: "", label: "told by the content" },
          ...formats.map((name) => ({ value: name, label: titles.get(name) ?? name })),
        ]}
      />
      <Checkbox
        size="xs"
        label="Leave out what cannot be read, and report it"
        checked={wanted.keep_going}
        onChange={(event) => change({ keep_going: event.currentTarget.checked })}
      />
    </>
  );
}
