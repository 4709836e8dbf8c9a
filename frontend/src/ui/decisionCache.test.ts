import { describe, expect, it } from "vitest";
import { nextFindingsOffset } from "@/api/queries";
import type { Finding, FindingsPage } from "@/api/types";
import { decidePages } from "./decisionCache";

const finding = (id: string) => ({ id, state: "open", reason: null }) as unknown as Finding;
const page = (offset: number, total: number, ...ids: string[]): FindingsPage => ({
  offset,
  total,
  findings: ids.map(finding),
});
const data = (...pages: FindingsPage[]) => ({ pages, pageParams: pages.map((p) => p.offset) });

describe("decidePages", () => {
  const before = data(page(0, 5, "a", "b"), page(2, 5, "c", "d"));
  it("takes away what the filter no longer keeps, and counts it off", () => {
    const after = decidePages(before, new Set(["a", "d"]), "accepted", null, ["open"]);
    expect(after.pages.map((p) => p.findings.map((f) => f.id))).toEqual([["b"], ["c"]]);
    expect(after.pages.map((p) => p.total)).toEqual([3, 3]);
    expect(before.pages[0]?.findings).toHaveLength(2);
  });
  it("keeps what all states are shown for, in its new state", () => {
    const after = decidePages(before, new Set(["b"]), "dismissed", "intended", []);
    expect(after.pages[0]?.findings[1]).toMatchObject({ id: "b", state: "dismissed", reason: "intended" });
    expect(after.pages[0]?.total).toBe(5);
  });
  it("leaves the next page beginning where the server's list goes on", () => {
    expect(nextFindingsOffset(before.pages)).toBe(4);
    expect(nextFindingsOffset(decidePages(before, new Set(["a"]), "accepted", null, ["open"]).pages)).toBe(3);
    expect(nextFindingsOffset([page(0, 2, "a", "b")])).toBeUndefined();
  });
});
