/**
 * What was done, so that it can be undone and done again, last first. Each entry knows its own way back; both ways may
 * fail (the server may refuse), and then the entry stays where it was.
 */

export interface Done {
  readonly label: string;
  undo(): Promise<unknown>;
  /** Does it again; answers the entry that takes this one's place (a server gives a repeated action a new id). */
  redo?(): Promise<Done>;
}

export interface UndoState {
  readonly undoLabel: string | null;
  readonly redoLabel: string | null;
  readonly busy: boolean;
}

export class UndoStack {
  private done: Done[] = [];
  private undone: Done[] = [];
  private busy = false;
  private listeners = new Set<() => void>();
  private snapshot: UndoState = { undoLabel: null, redoLabel: null, busy: false };

  constructor(private readonly limit = 100) {}

  push(entry: Done): void {
    this.done = [...this.done, entry].slice(-this.limit);
    this.undone = [];
    this.changed();
  }

  clear(): void {
    this.done = [];
    this.undone = [];
    this.changed();
  }

  /** Undoes the last entry and answers its label; null when there is nothing to undo or one is under way. */
  async undo(): Promise<string | null> {
    const entry = this.done.at(-1);
    if (!entry || this.busy) return null;
    await this.run(() => entry.undo());
    this.done = this.done.filter((one) => one !== entry);
    if (entry.redo) this.undone = [...this.undone, entry];
    this.changed();
    return entry.label;
  }

  async redo(): Promise<string | null> {
    const entry = this.undone.at(-1);
    if (!entry?.redo || this.busy) return null;
    const again = await this.run(() => entry.redo?.() ?? Promise.resolve(entry));
    this.undone = this.undone.filter((one) => one !== entry);
    this.done = [...this.done, again].slice(-this.limit);
    this.changed();
    return entry.label;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  state = (): UndoState => this.snapshot;

  private async run<T>(work: () => Promise<T>): Promise<T> {
    this.busy = true;
    this.changed();
    try {
      return await work();
    } finally {
      this.busy = false;
      this.changed();
    }
  }

  private changed(): void {
    this.snapshot = {
      undoLabel: this.done.at(-1)?.label ?? null,
      redoLabel: this.undone.at(-1)?.label ?? null,
      busy: this.busy,
    };
    for (const listener of this.listeners) listener();
  }
}

/** What this tab has done since it was opened. */
export const history = new UndoStack();
