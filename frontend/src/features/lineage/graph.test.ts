import { describe, expect, it } from "vitest";
import { findingOf, gathered, plan, versionOf } from "./graph";

const node = (urn: string) => ({ urn, title: urn, kind: urn.split(":")[0] ?? "" });
const edge = (parent: string, child: string) => ({ parent, child, relation: "made" });

describe("gathered", () => {
  const findings = Array.from({ length: 9 }, (_, i) => `finding:d/${i}`);
  const lineage = {
    nodes: ["import:1", "version:d@1", "lint:1", ...findings].map(node),
    edges: [edge("import:1", "version:d@1"), edge("version:d@1", "lint:1"), ...findings.map((f) => edge("lint:1", f))],
  };
  it("puts many alike leaves together", () => {
    const out = gathered(lineage, "version:d@1");
    expect(out.nodes.map((n) => n.title)).toEqual(["import:1", "version:d@1", "lint:1", "9 findings"]);
    expect(out.edges).toHaveLength(3);
  });
  it("leaves the thing that was asked for by itself", () => {
    const out = gathered(lineage, "finding:d/4");
    expect(out.nodes.map((n) => n.urn)).toContain("finding:d/4");
    expect(out.nodes.map((n) => n.title)).toContain("8 findings");
  });
  it("puts together what leads to the same thing, too", () => {
    const on = [...lineage.edges, ...findings.slice(0, 5).map((f) => edge(f, "edit:1"))];
    const out = gathered({ nodes: [...lineage.nodes, node("edit:1")], edges: on }, "version:d@1");
    expect(out.nodes.map((n) => n.title)).toEqual([
      "import:1",
      "version:d@1",
      "lint:1",
      "5 findings",
      "4 findings",
      "edit:1",
    ]);
  });
  it("leaves a few as they are", () => {
    const few = { nodes: lineage.nodes.slice(0, 6), edges: lineage.edges.slice(0, 5) };
    expect(gathered(few, "").nodes).toHaveLength(6);
  });
});

describe("plan", () => {
  it("places parents above children, and survives a cycle", () => {
    const out = plan(
      { nodes: ["a:1", "b:1", "c:1"].map(node), edges: [edge("a:1", "b:1"), edge("b:1", "c:1")] },
      "b:1",
    );
    const ys = out.nodes.map((n) => n.y);
    expect([...ys].sort((a, b) => a - b)).toEqual(ys);
    expect(out.links).toHaveLength(2);
    const cycle = plan({ nodes: ["a:1", "b:1"].map(node), edges: [edge("a:1", "b:1"), edge("b:1", "a:1")] }, "a:1");
    expect(cycle.nodes).toHaveLength(2);
  });
});

describe("urns", () => {
  it("are read", () => {
    expect(versionOf("version:abc@12")).toEqual({ dataset: "abc", number: 12 });
    expect(versionOf("import:abc")).toBeNull();
    expect(findingOf("finding:abc/f1")).toEqual({ dataset: "abc", id: "f1" });
  });
});
