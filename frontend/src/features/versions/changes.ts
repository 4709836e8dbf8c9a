import type { Annotation, ItemChange } from "@/api/types";

export interface Changed {
  removed: string[];
  added: string[];
  changed: string[];
}

/** Which annotations of an item are on one side only, and which are on both but differ. */
export function changedAnnotations({ before, after }: Pick<ItemChange, "before" | "after">): Changed {
  const ids = (annotations: readonly Annotation[]) => annotations.map((annotation) => annotation.id);
  const [was, is] = [new Set(ids(before)), new Set(ids(after))];
  return {
    removed: ids(before).filter((id) => !is.has(id)),
    added: ids(after).filter((id) => !was.has(id)),
    changed: ids(after).filter((id) => was.has(id)),
  };
}
