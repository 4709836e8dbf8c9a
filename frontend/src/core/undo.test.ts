import { describe, expect, it, vi } from "vitest";
import { type Done, UndoStack } from "./undo";

function counter() {
  const log: string[] = [];
  const entry = (name: string): Done => ({
    label: name,
    undo: async () => log.push(`undo ${name}`),
    redo: async () => {
      log.push(`redo ${name}`);
      return entry(name);
    },
  });
  return { log, entry };
}

describe("UndoStack", () => {
  it("undoes last first and redoes in order", async () => {
    const { log, entry } = counter();
    const stack = new UndoStack();
    stack.push(entry("a"));
    stack.push(entry("b"));
    expect(await stack.undo()).toBe("b");
    expect(await stack.undo()).toBe("a");
    expect(await stack.undo()).toBeNull();
    expect(await stack.redo()).toBe("a");
    expect(await stack.redo()).toBe("b");
    expect(await stack.redo()).toBeNull();
    expect(log).toEqual(["undo b", "undo a", "redo a", "redo b"]);
    expect(stack.state()).toEqual({ undoLabel: "b", redoLabel: null, busy: false });
  });
  it("forgets what was undone once something new is done", async () => {
    const { entry } = counter();
    const stack = new UndoStack();
    stack.push(entry("a"));
    await stack.undo();
    stack.push(entry("b"));
    expect(await stack.redo()).toBeNull();
  });
  it("keeps an entry whose undo fails", async () => {
    const stack = new UndoStack();
    let fails = true;
    stack.push({
      label: "a",
      undo: async () => {
        if (fails) throw new Error("offline");
      },
    });
    await expect(stack.undo()).rejects.toThrow("offline");
    expect(stack.state()).toEqual({ undoLabel: "a", redoLabel: null, busy: false });
    fails = false;
    expect(await stack.undo()).toBe("a");
  });
  it("does one thing at a time", async () => {
    const stack = new UndoStack();
    let finish = () => {};
    stack.push({ label: "slow", undo: () => new Promise<void>((resolve) => (finish = resolve)) });
    const first = stack.undo();
    expect(await stack.undo()).toBeNull();
    finish();
    expect(await first).toBe("slow");
  });
  it("tells its listeners, and holds no more than its limit", () => {
    const stack = new UndoStack(2);
    const listener = vi.fn();
    const stop = stack.subscribe(listener);
    for (const label of ["a", "b", "c"]) stack.push({ label, undo: async () => {} });
    expect(listener).toHaveBeenCalledTimes(3);
    stop();
    stack.clear();
    expect(listener).toHaveBeenCalledTimes(3);
    expect(stack.state().undoLabel).toBeNull();
  });
});
