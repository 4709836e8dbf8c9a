import { useNavigate } from "@tanstack/react-router";
import type { Finding } from "@/api/types";
import { clamp } from "@/core/geometry";
import { useShortcuts } from "@/core/keyboard";
import type { Deciding } from "./useDeciding";
import type { FindingList } from "./useFindingList";
import type { Selection } from "./useSelection";

interface FindingKeysInput {
  dataset: string;
  list: FindingList;
  current: number;
  selection: Selection;
  deciding: Deciding;
  zoomed: boolean;
  accepted: number;
  setRow: (row: number) => void;
  setZoomed: (zoomed: boolean) => void;
  pick: (row: number, extend: boolean) => void;
  open: (finding: Finding) => void;
}

export function useFindingKeys(input: FindingKeysInput): void {
  const { list, current, selection, deciding } = input;
  const navigate = useNavigate();
  const finding = list.findings[current];
  const row = (by: number) => clamp(current + by, 0, Math.max(0, list.findings.length - 1));
  const review = () => void navigate({ to: "/datasets/$dataset/review", params: { dataset: input.dataset } });
  useShortcuts("findings", {
    next: () => input.setRow(row(1)),
    previous: () => input.setRow(row(-1)),
    accept: deciding.accept,
    dismiss: deciding.askReason,
    reopen: deciding.reopen,
    select: () => input.pick(current, false),
    selectDown: () => input.pick(row(1), true),
    selectUp: () => input.pick(row(-1), true),
    selectAll: selection.selectAll,
    open: () => finding && input.open(finding),
    zoom: () => input.setZoomed(!input.zoomed),
    review: input.accepted > 0 ? review : undefined,
    clear: () => (input.zoomed ? input.setZoomed(false) : selection.clear()),
  });
}
