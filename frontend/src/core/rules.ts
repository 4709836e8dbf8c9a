/** The list of rules: what a search leaves of it, and its groups. */

import type { Rule } from "@/api/types";

export const GROUPS: Record<Rule["group"], string> = {
  geometry: "Geometry",
  labels: "Labels and attributes",
  items: "Images",
  text: "Texts",
  audio: "Sounds",
  set: "The set as a whole",
};

/** Rules whose name or summary has each word of the search, in groups, in the order of `GROUPS`; no empty group. */
export function grouped(rules: readonly Rule[], search: string): [title: string, rules: Rule[]][] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rules.filter((rule) => {
    const text = `${rule.name} ${rule.name.replaceAll("-", " ")} ${rule.summary} ${rule.severity}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (Object.keys(GROUPS) as Rule["group"][])
    .map((group) => [GROUPS[group], found.filter((rule) => rule.group === group)] as [string, Rule[]])
    .filter(([, inGroup]) => inGroup.length > 0);
}
