import { useCallback, useEffect, useState } from "react";
import type { Finding } from "@/api/types";

export interface Selection {
  /** Chosen one by one. */
  picked: ReadonlyMap<string, Finding>;
  /** All that the filter keeps is chosen, seen or not. */
  all: boolean;
  has: (finding: Finding) => boolean;
  toggle: (finding: Finding) => void;
  add: (findings: readonly Finding[]) => void;
  selectAll: () => void;
  clear: () => void;
}

const NONE: ReadonlyMap<string, Finding> = new Map();

/** Which findings are chosen for a bulk action. Another filter (`key`) begins anew. */
export function useSelection(key: string): Selection {
  const [picked, setPicked] = useState(NONE);
  const [all, setAll] = useState(false);
  const clear = useCallback(() => {
    setPicked(NONE);
    setAll(false);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is what it depends on
  useEffect(clear, [key, clear]);
  return {
    picked,
    all,
    has: (finding) => all || picked.has(finding.id),
    toggle: (finding) => {
      const next = new Map(all ? NONE : picked);
      if (!next.delete(finding.id)) next.set(finding.id, finding);
      setPicked(next);
      setAll(false);
    },
    add: (findings) => {
      setPicked(new Map([...picked, ...findings.map((one) => [one.id, one] as const)]));
      setAll(false);
    },
    selectAll: () => setAll(true),
    clear,
  };
}
