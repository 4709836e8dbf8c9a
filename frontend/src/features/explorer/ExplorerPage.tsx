import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { datasetQuery, facetsQuery, versionsQuery } from "@/api/queries";
import type { DatasetDetail } from "@/api/types";
import { labelColors } from "@/core/color";
import { cleared } from "@/core/filters";
import { clamp } from "@/core/geometry";
import { useShortcuts } from "@/core/keyboard";
import { useReady } from "@/core/ready";
import { DatasetMenu } from "@/features/dataset/DatasetMenu";
import { CopyLine } from "@/ui/CopyLine";
import { LintButton } from "@/ui/LintButton";
import { Page } from "@/ui/Page";
import { EmptyState, Loaded } from "@/ui/States";
import classes from "./ExplorerPage.module.css";
import { FacetPanel } from "./FacetPanel";
import { Grid } from "./Grid";
import { Chips, SIZES, Toolbar } from "./Toolbar";
import { useFilters } from "./useFilters";

export function ExplorerPage() {
  const { dataset } = useParams({ from: "/app/datasets/$dataset" });
  const detail = useQuery(datasetQuery(dataset));
  return (
    <Page
      full
      title={detail.data?.name ?? dataset}
      note="Explorer"
      actions={
        detail.data && (
          <>
            <LintButton dataset={dataset} />
            <DatasetMenu dataset={detail.data} />
          </>
        )
      }
    >
      <Loaded query={detail}>
        {(data) => (data.version ? <Explorer dataset={dataset} detail={data} /> : <NoVersion name={data.name} />)}
      </Loaded>
    </Page>
  );
}

function NoVersion({ name }: { name: string }) {
  useReady("explorer", true);
  return (
    <EmptyState icon="grid" title="This dataset has no version yet">
      <p className="dim">Its import may still be running, or it failed: see the jobs. To import again:</p>
      <CopyLine label="the import command" text={`checkdam import PATH ${name}`} />
    </EmptyState>
  );
}

function Explorer({ dataset, detail }: { dataset: string; detail: DatasetDetail }) {
  const [filters, change] = useFilters(dataset);
  const [size, setSize] = useLocalStorage({ key: "checkdam.tile-size", defaultValue: 192 });
  const [overlays, setOverlays] = useLocalStorage({ key: "checkdam.overlays", defaultValue: true });
  const [panel, setPanel] = useState(false);
  const [total, setTotal] = useState<number | undefined>();
  const search = useRef<HTMLInputElement>(null);
  const facets = useQuery(facetsQuery(dataset, filters)).data;
  const versions = useQuery(versionsQuery(dataset)).data ?? [];
  const colors = useMemo(() => labelColors(detail.taxonomy.labels), [detail.taxonomy.labels]);
  const clear = useCallback(() => change(cleared), [change]);
  const resize = (by: number) => setSize((before) => clamp(before + by, SIZES.least, SIZES.most));
  useShortcuts("explorer", {
    search: () => search.current?.focus(),
    larger: () => resize(2 * SIZES.step),
    smaller: () => resize(-2 * SIZES.step),
    overlays: () => setOverlays((before) => !before),
  });
  return (
    <div className={classes.explorer} data-panel={panel || undefined}>
      <div className={classes.facets}>
        <FacetPanel facets={facets} filters={filters} colors={colors} onChange={change} />
      </div>
      <div className={classes.content}>
        <Toolbar
          filters={filters}
          onChange={change}
          search={search}
          facets={facets}
          versions={versions}
          size={size}
          onSize={setSize}
          overlays={overlays}
          onOverlays={() => setOverlays(!overlays)}
          panel={panel}
          onPanel={() => setPanel(!panel)}
        />
        <Chips filters={filters} total={total} onChange={change} onClear={clear} />
        <Grid
          dataset={dataset}
          filters={filters}
          size={size}
          overlays={overlays}
          colors={colors}
          onTotal={setTotal}
          onClear={clear}
        />
      </div>
    </div>
  );
}
