/** Short messages about what just happened, with at most one thing to do about it. */

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: "done" | "error";
  /** A toast replaces the one before with the same topic. */
  readonly topic?: string;
  readonly detail?: string;
  readonly action?: { label: string; run: () => void };
}

const LASTS_MS = { done: 6000, error: 12_000 };
const MOST = 4;

class Toasts {
  private list: readonly Toast[] = [];
  private listeners = new Set<() => void>();
  private next = 1;

  show(toast: Omit<Toast, "id" | "kind"> & { kind?: Toast["kind"] }): number {
    const made: Toast = { kind: "done", ...toast, id: this.next++ };
    const others = this.list.filter((one) => !made.topic || one.topic !== made.topic);
    this.set([...others, made].slice(-MOST));
    setTimeout(() => this.dismiss(made.id), LASTS_MS[made.kind]);
    return made.id;
  }

  dismiss = (id: number): void => {
    if (this.list.some((toast) => toast.id === id)) this.set(this.list.filter((toast) => toast.id !== id));
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  all = (): readonly Toast[] => this.list;

  private set(list: readonly Toast[]): void {
    this.list = list;
    for (const listener of this.listeners) listener();
  }
}

export const toasts = new Toasts();
