/** From the edges of a lineage to places on a plane. */

import { Graph, layout } from "@dagrejs/dagre";
import type { Lineage } from "@/api/types";
import { count, title } from "@/core/format";

export const NODE = { width: 190, height: 44 };
const MOST_ALIKE = 3;

export interface Placed {
  urn: string;
  title: string;
  kind: string;
  /** How many things the node stands for. */
  many: number;
  x: number;
  y: number;
}

export interface Link {
  parent: string;
  child: string;
  relation: string;
  /** Points in order, from parent to child. */
  points: { x: number; y: number }[];
}

export interface Plan {
  nodes: Placed[];
  links: Link[];
  width: number;
  height: number;
}

/** Puts things of one kind with the same parents and the same children, where there are many, together in one node. */
export function gathered(
  lineage: Pick<Lineage, "nodes" | "edges">,
  keep: string,
): Pick<Lineage, "nodes" | "edges"> & { many: Map<string, number> } {
  const parents = new Map<string, string[]>();
  const children = new Map<string, string[]>();
  for (const { parent, child } of lineage.edges) {
    parents.set(child, [...(parents.get(child) ?? []), parent]);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const groups = new Map<string, string[]>();
  for (const { urn, kind } of lineage.nodes) {
    if (urn === keep) continue;
    const sorted = (side: Map<string, string[]>) => [...(side.get(urn) ?? [])].sort().join("\n");
    const key = [kind, sorted(parents), sorted(children)].join("\n\n");
    groups.set(key, [...(groups.get(key) ?? []), urn]);
  }
  const into = new Map<string, string>();
  const many = new Map<string, number>();
  for (const urns of groups.values()) {
    const [first] = urns;
    if (first === undefined || urns.length <= MOST_ALIKE) continue;
    many.set(first, urns.length);
    for (const urn of urns) into.set(urn, first);
  }
  const seen = new Set<string>();
  return {
    many,
    nodes: lineage.nodes
      .filter(({ urn }) => (into.get(urn) ?? urn) === urn)
      .map((node) => {
        const size = many.get(node.urn);
        return size === undefined ? node : { ...node, title: `${count(size)} ${node.kind}s` };
      }),
    edges: lineage.edges
      .map((edge) => ({
        ...edge,
        parent: into.get(edge.parent) ?? edge.parent,
        child: into.get(edge.child) ?? edge.child,
      }))
      .filter((edge) => {
        const key = `${edge.parent}\n${edge.child}\n${edge.relation}`;
        return !seen.has(key) && seen.add(key);
      }),
  };
}

/** Parents above, children below. */
export function plan(lineage: Pick<Lineage, "nodes" | "edges">, keep: string): Plan {
  const { nodes, edges, many } = gathered(lineage, keep);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 36, marginx: 12, marginy: 12 });
  for (const node of nodes) graph.setNode(node.urn, { ...NODE });
  for (const edge of edges) {
    if (graph.hasNode(edge.parent) && graph.hasNode(edge.child))
      graph.setEdge(edge.parent, edge.child, {}, edge.relation);
  }
  layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: size.width ?? NODE.width,
    height: size.height ?? NODE.height,
    nodes: nodes.map((node) => {
      const place = graph.node(node.urn) as { x: number; y: number };
      return { ...node, title: node.title || title(node.kind), many: many.get(node.urn) ?? 1, x: place.x, y: place.y };
    }),
    links: graph.edges().map((edge) => ({
      parent: edge.v,
      child: edge.w,
      relation: edge.name ?? "",
      points: (graph.edge(edge) as { points: { x: number; y: number }[] }).points,
    })),
  };
}

/** The dataset and number of `version:DATASET@N`. */
export function versionOf(urn: string): { dataset: string; number: number } | null {
  const match = /^version:(.+)@(\d+)$/.exec(urn);
  return match?.[1] ? { dataset: match[1], number: Number(match[2]) } : null;
}

/** The dataset and id of `finding:DATASET/ID`. */
export function findingOf(urn: string): { dataset: string; id: string } | null {
  const match = /^finding:([^/]+)\/(.+)$/.exec(urn);
  return match?.[1] && match[2] ? { dataset: match[1], id: match[2] } : null;
}
