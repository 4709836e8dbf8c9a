import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, asApiError, take } from "@/api/client";
import { formatsQuery, versionsQuery } from "@/api/queries";
import type { DatasetDetail, Format, JobDetail } from "@/api/types";
import { count, plural } from "@/core/format";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/icons";
import { JobTail, useJob } from "@/ui/JobTail";
import { archiveUrl } from "@/ui/media";
import classes from "./Dialogs.module.css";

interface ExportDialogProps {
  dataset: DatasetDetail;
  opened: boolean;
  onClose: () => void;
}

/** Packs a version in a format, says what the format cannot hold, and gives the archive. */
export function ExportDialog({ dataset, opened, onClose }: ExportDialogProps) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Export ${dataset.name}`}>
      <ExportForm dataset={dataset} />
    </Dialog>
  );
}

interface Wanted {
  format: string;
  version: number;
}

function useExport(dataset: string) {
  const queries = useQueryClient();
  const [id, setId] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: (wanted: Wanted) =>
      take(api.POST("/api/datasets/{dataset}/exports", { params: { path: { dataset } }, body: wanted })),
    onMutate: () => setId(null),
    onSuccess: (job) => {
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      setId(job.id);
    },
  });
  const job = useJob(id);
  const running = start.isPending || (job !== undefined && ["queued", "running"].includes(job.state));
  return { start, job, running, forget: () => setId(null) };
}

/** The formats that hold some of the dataset's kinds of items; those that hold them all first. */
function useFormats(kinds: readonly string[]): { value: string; label: string }[] {
  const formats = useQuery(formatsQuery).data ?? [];
  const held = (format: Format) => kinds.filter((kind) => format.kinds.some((one) => one === kind)).length;
  return formats
    .filter((format) => held(format) > 0 || kinds.length === 0)
    .toSorted((a, b) => held(b) - held(a))
    .map((format) => {
      const only = held(format) < kinds.length ? ` (${format.kinds.join(" and ")} only)` : "";
      return { value: format.name, label: format.title + only };
    });
}

function ExportForm({ dataset }: { dataset: DatasetDetail }) {
  const formats = useFormats(dataset.kinds);
  const versions = useQuery(versionsQuery(dataset.name)).data ?? [];
  const [format, setFormat] = useState<string | null>(null);
  const [version, setVersion] = useState(dataset.latest);
  const { start, job, running, forget } = useExport(dataset.name);
  const chosen = format ?? formats[0]?.value ?? "";
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate({ format: chosen, version });
      }}
    >
      <NativeSelect
        label="Format"
        data-autofocus
        data={formats}
        value={chosen}
        onChange={(event) => {
          setFormat(event.currentTarget.value);
          forget();
        }}
      />
      <NativeSelect
        label="Version"
        data={versions.map(({ number, message }) => ({ value: String(number), label: `${number}: ${message}` }))}
        value={String(version)}
        onChange={(event) => {
          setVersion(Number(event.currentTarget.value));
          forget();
        }}
      />
      {start.error && (
        <p role="alert" className={classes.problem}>
          {asApiError(start.error).detail} {asApiError(start.error).remedy}
        </p>
      )}
      {job && <JobTail job={job} />}
      {job?.state === "succeeded" ? (
        <Made dataset={dataset.name} job={job} />
      ) : (
        <Button type="submit" loading={running} disabled={chosen === ""}>
          Export
        </Button>
      )}
    </form>
  );
}

interface Result {
  item_count: number;
  annotation_count: number;
  losses: { what: string; count: number; examples: string[] }[];
}

/** What was written, what was lost, and the link to the archive. */
function Made({ dataset, job }: { dataset: string; job: JobDetail }) {
  const { item_count, annotation_count, losses } = job.result as Result;
  return (
    <>
      <p role="status">
        {plural(item_count, "item")} and {plural(annotation_count, "annotation")} are packed.{" "}
        {losses.length === 0 && "Nothing is lost."}
      </p>
      {losses.length > 0 && (
        <section aria-label="What the format cannot hold">
          <h2 className={classes.heading}>What the format cannot hold</h2>
          <ul className={classes.losses}>
            {losses.map((loss) => (
              <li key={loss.what}>
                <span className="num">{count(loss.count)}</span> {loss.what}
                <span className={classes.examples}>
                  {loss.examples.join(", ")}
                  {loss.count > loss.examples.length && ", …"}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Button
        component="a"
        href={archiveUrl(dataset, job.id)}
        download
        leftSection={<Icon name="download" size={14} />}
      >
        Download the archive
      </Button>
      <p className="dim">It is kept for a day.</p>
    </>
  );
}
