import type { Annotation, Finding } from "@/api/types";

/** The annotations of a finding that lie on one of its items. The subject's ids and item ids run side by side. */
export function subjectOn(finding: Finding, itemId: string): Annotation[] {
  if (finding.items.length < 2) return finding.annotations;
  const { ids, item_ids } = finding.subject;
  const here = new Set(ids.filter((_, i) => item_ids[i] === itemId));
  return finding.annotations.filter((annotation) => here.has(annotation.id));
}

/** The annotation that the fix would remove or change: the subject's first. */
export function struckIds(finding: Finding): ReadonlySet<string> {
  const first = finding.subject.ids[0];
  return new Set(finding.fix && finding.subject.kind === "annotation" && first ? [first] : []);
}
