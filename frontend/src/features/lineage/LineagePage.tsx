import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
import { datasetQuery, findingQuery, lineageQuery } from "@/api/queries";
import type { Lineage } from "@/api/types";
import { shorten, title } from "@/core/format";
import { useReady } from "@/core/ready";
import { IconButton } from "@/ui/Keys";
import { Page } from "@/ui/Page";
import { EmptyState, ErrorState, Loaded } from "@/ui/States";
import { useSize } from "@/ui/useSize";
import { useZoom } from "@/ui/useZoom";
import { findingOf, NODE, type Placed, type Plan, plan, versionOf } from "./graph";
import classes from "./LineagePage.module.css";

export function LineagePage() {
  const { dataset } = useParams({ from: "/app/datasets/$dataset/lineage" });
  const { urn: asked, version } = useSearch({ from: "/app/datasets/$dataset/lineage" });
  const detail = useQuery(datasetQuery(dataset));
  const number = version ?? detail.data?.latest;
  const urn = asked ?? (detail.data && number ? `version:${detail.data.id}@${number}` : undefined);
  const lineage = useQuery({ ...lineageQuery(urn ?? ""), enabled: urn !== undefined });
  const empty = detail.data?.latest === 0;
  useReady("lineage", lineage.isSuccess || lineage.isError || detail.isError || empty);
  return (
    <Page full title={detail.data?.name ?? dataset} note="Lineage">
      {detail.error && !detail.data ? (
        <ErrorState error={detail.error} retry={() => void detail.refetch()} />
      ) : empty ? (
        <EmptyState icon="lineage" title="This dataset has no version yet" />
      ) : (
        <Loaded query={lineage}>{(data) => <LineageView lineage={data} urn={urn ?? ""} dataset={dataset} />}</Loaded>
      )}
    </Page>
  );
}

function useOpen(dataset: string) {
  const navigate = useNavigate();
  return (urn: string) =>
    void navigate({ to: "/datasets/$dataset/lineage", params: { dataset }, search: { urn }, replace: true });
}

interface LineageViewProps {
  lineage: Lineage;
  urn: string;
  dataset: string;
}

function LineageView({ lineage, urn, dataset }: LineageViewProps) {
  const drawing = useMemo(() => plan(lineage, urn), [lineage, urn]);
  const open = useOpen(dataset);
  return (
    <div className={classes.page}>
      <Drawing drawing={drawing} urn={urn} onOpen={open} />
      <Side lineage={lineage} urn={urn} onOpen={open} />
    </div>
  );
}

function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return "";
  const middle = (first.y + last.y) / 2;
  if (points.length <= 3) return `M${first.x} ${first.y}C${first.x} ${middle} ${last.x} ${middle} ${last.x} ${last.y}`;
  return `M${first.x} ${first.y}${rest.map((p) => `L${p.x} ${p.y}`).join("")}`;
}

function Drawing({ drawing, urn, onOpen }: { drawing: Plan; urn: string; onOpen: (urn: string) => void }) {
  const frame = useRef<HTMLDivElement>(null);
  const size = useSize(frame);
  const content = useMemo(() => ({ width: drawing.width, height: drawing.height }), [drawing]);
  const here = drawing.nodes.find((node) => node.urn === urn);
  const anchor = useMemo(() => (here ? { x: here.x, y: here.y } : undefined), [here]);
  const zoom = useZoom(frame, size, content, urn, { most: 1.25, least: 0.8, anchor });
  const view = zoom.view;
  return (
    <div
      ref={frame}
      className={classes.frame}
      data-panning={zoom.panning || undefined}
      onPointerDown={zoom.onPointerDown}
    >
      <svg className={classes.canvas} role="group" aria-label="Lineage: parents above, children below">
        {view && (
          <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
            {drawing.links.map((link) => (
              <path
                key={`${link.parent} ${link.child} ${link.relation}`}
                d={curve(link.points)}
                className={classes.edge}
              >
                <title>{link.relation}</title>
              </path>
            ))}
            {drawing.nodes.map((node) => (
              <NodeShape
                key={node.urn}
                node={node}
                current={node.urn === urn}
                onOpen={() => {
                  if (!zoom.dragged()) onOpen(node.urn);
                }}
              />
            ))}
          </g>
        )}
      </svg>
      <div className={classes.tools} onPointerDown={(event) => event.stopPropagation()}>
        <IconButton icon="minus" label="Zoom out" onClick={() => zoom.by(0.8)} />
        <IconButton icon="plus" label="Zoom in" onClick={() => zoom.by(1.25)} />
        <IconButton icon="fit" label="Fit the graph" onClick={zoom.fit} />
      </div>
    </div>
  );
}

function NodeShape({ node, current, onOpen }: { node: Placed; current: boolean; onOpen: () => void }) {
  return (
    <g
      role="button"
      className={classes.node}
      transform={`translate(${node.x - NODE.width / 2} ${node.y - NODE.height / 2})`}
      data-kind={node.kind}
      data-current={current || undefined}
      aria-pressed={current}
      onClick={onOpen}
    >
      {node.many > 1 && <rect x={5} y={5} width={NODE.width} height={NODE.height} rx={8} className={classes.box} />}
      <rect width={NODE.width} height={NODE.height} rx={8} className={classes.box} />
      <text x={12} y={18} className={classes.kind}>
        {title(node.kind)}
      </text>
      <text x={12} y={35} className={classes.title}>
        {shorten(node.title, 26)}
      </text>
    </g>
  );
}

interface SideProps {
  lineage: Lineage;
  urn: string;
  onOpen: (urn: string) => void;
}

/** What the thing is, and its parents and children as lists. */
function Side({ lineage, urn, onOpen }: SideProps) {
  const byUrn = new Map(lineage.nodes.map((node) => [node.urn, node]));
  const self = byUrn.get(urn);
  const sides = [
    ["Made from", lineage.edges.filter((edge) => edge.child === urn).map((edge) => ({ urn: edge.parent, ...edge }))],
    ["Made of it", lineage.edges.filter((edge) => edge.parent === urn).map((edge) => ({ urn: edge.child, ...edge }))],
  ] as const;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard
    <aside className={classes.side} aria-label="The thing chosen" tabIndex={0}>
      <h2 className={classes.heading}>{self?.title ?? urn}</h2>
      <p className="mono dim">{urn}</p>
      <Target urn={urn} />
      {sides.map(([heading, edges]) => (
        <section key={heading}>
          <h3 className={classes.subheading}>
            {heading} {edges.length > 0 && edges.length}
          </h3>
          {edges.length === 0 && <p className="dim">nothing</p>}
          <ul className={classes.list}>
            {edges.slice(0, 200).map((edge) => (
              <li key={`${edge.urn} ${edge.relation}`}>
                <button type="button" className={classes.entry} onClick={() => onOpen(edge.urn)}>
                  <span className="cut">{byUrn.get(edge.urn)?.title ?? edge.urn}</span>
                  <span className="dim">{edge.relation}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {lineage.truncated && <p className="dim">There is more than is shown.</p>}
    </aside>
  );
}

/** Where the application shows the thing itself. */
function Target({ urn }: { urn: string }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const version = versionOf(urn);
  if (version) {
    return (
      <Link
        to="/datasets/$dataset"
        params={{ dataset: version.dataset }}
        search={{ version: version.number }}
        className="link"
      >
        Open version {version.number}
      </Link>
    );
  }
  const finding = findingOf(urn);
  if (!finding) return null;
  const open = async () => {
    const found = await queries.fetchQuery(findingQuery(finding.dataset, finding.id));
    const item = found.item?.id;
    if (!item) return;
    await navigate({
      to: "/datasets/$dataset/items/$item",
      params: { dataset: finding.dataset, item },
      search: { finding: finding.id },
    });
  };
  return (
    <button type="button" className={classes.open} onClick={() => void open()}>
      Open the finding
    </button>
  );
}
