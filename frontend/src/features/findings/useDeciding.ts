import { useState } from "react";
import type { Finding } from "@/api/types";
import type { serverFilter } from "@/core/findingFilters";
import type { Decisions } from "@/ui/useDecisions";
import type { Selection } from "./useSelection";

interface DecidingInput {
  finding: Finding | undefined;
  selection: Selection;
  filter: ReturnType<typeof serverFilter>;
  total: number;
  decisions: Decisions;
  /** Called with what was decided upon, before it leaves the list. */
  onDecided: (which: readonly Finding[]) => void;
}

export interface Deciding {
  /** How many findings the next decision is on. */
  count: number;
  rule: string | null;
  accept: () => void;
  reopen: () => void;
  askReason: () => void;
  dismiss: (reason: string) => void;
  asking: boolean;
  stopAsking: () => void;
}

/** What `a`, `d` and `r` decide on: all of the filter, the picked ones, or else the current one. */
export function useDeciding({ finding, selection, filter, total, decisions, onDecided }: DecidingInput): Deciding {
  const [asking, setAsking] = useState(false);
  const picked = [...selection.picked.values()];
  const which = picked.length ? picked : finding ? [finding] : [];
  const count = selection.all ? total : which.length;
  const rules = new Set(which.map((one) => one.rule));
  const inState = (...states: Finding["state"][]) => which.filter((one) => states.includes(one.state));
  const finish = (work: () => void) => {
    if (picked.length) onDecided(picked);
    work();
    selection.clear();
  };
  return {
    count,
    rule: rules.size === 1 ? ([...rules][0] ?? null) : null,
    accept: () =>
      finish(() =>
        selection.all
          ? decisions.all("accept", { ...filter, fixable: true })
          : decisions.accept(inState("open", "dismissed")),
      ),
    reopen: () =>
      finish(() =>
        selection.all ? decisions.all("reopen", filter) : decisions.reopen(inState("accepted", "dismissed")),
      ),
    askReason: () => {
      if (count > 0) setAsking(true);
    },
    dismiss: (reason) =>
      finish(() =>
        selection.all
          ? decisions.all("dismiss", filter, reason)
          : decisions.dismiss(inState("open", "accepted"), reason),
      ),
    asking,
    stopAsking: () => setAsking(false),
  };
}
