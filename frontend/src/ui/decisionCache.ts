/** What a decision changes in what has been fetched already, before the server has answered. Pure functions. */

import type { InfiniteData } from "@tanstack/react-query";
import type { ActionKind, Finding, FindingState, FindingsPage, ItemDetail } from "@/api/types";

export const STATE_AFTER: Record<ActionKind, FindingState> = {
  accept: "accepted",
  dismiss: "dismissed",
  reopen: "open",
};

function decided(finding: Finding, state: FindingState, reason: string | null): Finding {
  return { ...finding, state, reason };
}

/** Pages with the findings `ids` in their new state; those that the pages' filter no longer keeps are gone. */
export function decidePages(
  data: InfiniteData<FindingsPage, unknown>,
  ids: ReadonlySet<string>,
  state: FindingState,
  reason: string | null,
  kept: readonly FindingState[],
): InfiniteData<FindingsPage, unknown> {
  const stays = kept.length === 0 || kept.includes(state);
  let gone = 0;
  const pages = data.pages.map((page) => ({
    ...page,
    findings: page.findings.flatMap((finding) => {
      if (!ids.has(finding.id)) return [finding];
      if (stays) return [decided(finding, state, reason)];
      gone += 1;
      return [];
    }),
  }));
  return { ...data, pages: pages.map((page) => ({ ...page, total: page.total - gone })) };
}

export function decideItem(
  detail: ItemDetail,
  ids: ReadonlySet<string>,
  state: FindingState,
  reason: string | null,
): ItemDetail {
  const findings = detail.findings.map((one) => (ids.has(one.id) ? decided(one, state, reason) : one));
  return { ...detail, findings };
}
