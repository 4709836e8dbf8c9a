/** Undo and redo as people see them: they tell what they did, and why when they could not. */

import { asApiError } from "@/api/client";
import { toasts } from "@/core/toasts";
import { history } from "@/core/undo";

async function tell(step: () => Promise<string | null>, word: string): Promise<void> {
  try {
    const label = await step();
    if (label) toasts.show({ topic: "history", text: `${word}: ${label}` });
  } catch (error) {
    tellError(error);
  }
}

export const undoLast = () => tell(() => history.undo(), "Undone");
export const redoLast = () => tell(() => history.redo(), "Done again");

/** An error as a toast: what happened, and the remedy. */
export function tellError(error: unknown): void {
  const { detail, remedy } = asApiError(error);
  toasts.show({ kind: "error", text: detail, detail: remedy });
}
