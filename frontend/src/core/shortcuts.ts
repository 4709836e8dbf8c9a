/**
 * The one registry of shortcuts. `SHORTCUTS` says which keys do what and where; the `?` sheet, the tooltips and the
 * dispatcher all read it. A scope is a page or a part of one; `global` holds everywhere. Handlers come from components.
 *
 * A key is written `mod+shift+z`, `?`, `f`, `ArrowLeft` or, for two strokes one after the other, `g d`. `mod` is Ctrl
 * or Command. Letters are compared by what they type, so they follow the keyboard's layout.
 */

export type Scope = "global" | "explorer" | "item" | "findings" | "dismiss" | "review" | "versions";

export interface Shortcut {
  readonly id: string;
  readonly scope: Scope;
  readonly keys: readonly string[];
  readonly description: string;
}

function group<const T extends Record<string, readonly [keys: readonly string[], description: string]>>(
  scope: Scope,
  entries: T,
): Shortcut[] {
  return Object.entries(entries).map(([id, [keys, description]]) => ({
    id: `${scope}.${id}`,
    scope,
    keys,
    description,
  }));
}

export const SCOPE_TITLES: Record<Scope, string> = {
  global: "Everywhere",
  explorer: "Explorer",
  item: "Item",
  findings: "Findings",
  dismiss: "Dismissing",
  review: "Review and commit",
  versions: "Versions",
};

export const SHORTCUTS: readonly Shortcut[] = [
  ...group("global", {
    help: [["?", "F1"], "Show the keys"],
    undo: [["mod+z"], "Undo the last action"],
    redo: [["mod+shift+z", "mod+y"], "Redo"],
    datasets: [["g d"], "Go to the datasets"],
    explorer: [["g e"], "Go to the explorer"],
    findings: [["g f"], "Go to the findings"],
    versions: [["g v"], "Go to the versions"],
    lineage: [["g l"], "Go to the lineage"],
    jobs: [["g j"], "Go to the jobs"],
    rules: [["g r"], "Go to the rules"],
    account: [["g a"], "Go to the account"],
    theme: [["shift+t"], "Switch between light and dark"],
  }),
  ...group("explorer", {
    search: [["/"], "Search by name or text"],
    left: [["ArrowLeft"], "Previous tile"],
    right: [["ArrowRight"], "Next tile"],
    up: [["ArrowUp"], "Tile above"],
    down: [["ArrowDown"], "Tile below"],
    open: [["Enter"], "Open the item"],
    larger: [["+", "="], "Larger tiles"],
    smaller: [["-"], "Smaller tiles"],
    overlays: [["h"], "Show or hide the annotations"],
    clear: [["shift+x"], "Clear the filters"],
  }),
  ...group("item", {
    next: [["f", "ArrowRight"], "Next item"],
    previous: [["d", "ArrowLeft"], "Previous item"],
    nextAnnotation: [["j", "ArrowDown"], "Next annotation"],
    previousAnnotation: [["k", "ArrowUp"], "Previous annotation"],
    fit: [["0"], "Fit the image"],
    actual: [["1"], "One image pixel to one screen pixel"],
    larger: [["+", "="], "Zoom in"],
    smaller: [["-"], "Zoom out"],
    focus: [["z"], "Zoom to the selected annotation"],
    overlays: [["h"], "Show or hide the annotations"],
    play: [["Space"], "Play or pause the sound"],
    accept: [["a"], "Accept the fix of the finding shown"],
    dismiss: [["i"], "Dismiss the finding shown"],
    close: [["Escape"], "Unselect, then go back to the list"],
  }),
  ...group("findings", {
    next: [["j", "ArrowDown"], "Next finding"],
    previous: [["k", "ArrowUp"], "Previous finding"],
    accept: [["a"], "Accept the fix"],
    dismiss: [["d", "i"], "Dismiss with a reason"],
    reopen: [["r"], "Open again"],
    select: [["x"], "Select or unselect"],
    selectDown: [["shift+j", "shift+ArrowDown"], "Extend the selection down"],
    selectUp: [["shift+k", "shift+ArrowUp"], "Extend the selection up"],
    selectAll: [["mod+a"], "Select all that match"],
    open: [["Enter"], "Open the item"],
    zoom: [["Space"], "Enlarge the crop"],
    review: [["mod+Enter"], "Review the accepted fixes"],
    clear: [["Escape"], "Clear the selection"],
  }),
  ...group("dismiss", {
    reason1: [["1"], "First reason"],
    reason2: [["2"], "Second reason"],
    reason3: [["3"], "Third reason"],
    reason4: [["4"], "Fourth reason"],
    reason5: [["5"], "Fifth reason"],
  }),
  ...group("review", { commit: [["mod+Enter"], "Commit"] }),
  ...group("versions", {
    next: [["j", "ArrowDown"], "Next version"],
    previous: [["k", "ArrowUp"], "Previous version"],
    open: [["Enter"], "Show what changed"],
  }),
];

export interface Stroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const NAMED = new Set(["Enter", "Escape", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Tab", "Delete", "F1"]);

/** The canonical name of what was pressed: `mod+shift+z`. Shift is only named where it does not choose the character. */
export function strokeName(stroke: Stroke): string {
  const key = stroke.key === " " ? "Space" : stroke.key.length === 1 ? stroke.key.toLowerCase() : stroke.key;
  const letterOrNamed = /^\p{L}$/u.test(key) || NAMED.has(key) || key === "Space";
  return [
    stroke.ctrlKey || stroke.metaKey ? "mod" : "",
    stroke.altKey ? "alt" : "",
    stroke.shiftKey && letterOrNamed ? "shift" : "",
    key,
  ]
    .filter(Boolean)
    .join("+");
}

export interface Clash {
  scope: Scope;
  key: string;
  ids: string[];
}

/** Keys that mean two things at once: in one scope, or in a scope and everywhere; also where one begins another. */
export function clashes(shortcuts: readonly Shortcut[]): Clash[] {
  const found: Clash[] = [];
  const scopes = new Set(shortcuts.map((shortcut) => shortcut.scope));
  for (const scope of scopes) {
    const live = shortcuts.filter((s) => s.scope === scope || s.scope === "global");
    const keys = live.flatMap((s) => s.keys.map((key) => ({ key, id: s.id, scope: s.scope })));
    for (const [i, a] of keys.entries()) {
      for (const b of keys.slice(i + 1)) {
        if (scope !== "global" && a.scope === "global" && b.scope === "global") continue;
        const same = a.key === b.key || a.key.startsWith(`${b.key} `) || b.key.startsWith(`${a.key} `);
        if (same) found.push({ scope, key: a.key, ids: [a.id, b.id] });
      }
    }
  }
  return found;
}

const SEQUENCE_MS = 1200;

/** Matches strokes, one or two in a row, with the shortcuts of the scopes that are live. */
export class Matcher {
  private pending: { stroke: string; at: number } | null = null;

  match(stroke: string, now: number, live: readonly Shortcut[]): Shortcut | null {
    const before = this.pending && now - this.pending.at < SEQUENCE_MS ? this.pending.stroke : null;
    this.pending = null;
    const wanted = before ? [`${before} ${stroke}`, stroke] : [stroke];
    for (const key of wanted) {
      const hit = live.find((shortcut) => shortcut.keys.includes(key));
      if (hit) return hit;
    }
    if (live.some((s) => s.keys.some((key) => key.startsWith(`${stroke} `)))) this.pending = { stroke, at: now };
    return null;
  }
}

export interface Target {
  tagName: string;
  type?: string;
  isContentEditable?: boolean;
  role?: string | null;
}

const TEXTLESS_INPUTS = new Set(["checkbox", "radio", "button", "submit", "reset", "range", "color", "file", "image"]);

/** Whether keys typed there write text. No shortcut fires then. */
export function typesText(target: Target | null): boolean {
  if (!target) return false;
  if (target.isContentEditable) return true;
  const tag = target.tagName.toUpperCase();
  if (tag === "TEXTAREA" || tag === "SELECT") return true;
  if (tag === "INPUT") return !TEXTLESS_INPUTS.has((target.type ?? "text").toLowerCase());
  return target.role === "textbox" || target.role === "combobox" || target.role === "searchbox";
}

const PRESSABLE = new Set(["BUTTON", "A", "SUMMARY"]);
const PRESSABLE_ROLES = new Set(["button", "link", "menuitem", "option", "tab", "checkbox", "radio", "switch"]);
const ARROW_ROLES = new Set(["slider", "menuitem", "menu", "tab", "radio", "tree", "treeitem"]);

/** Whether the element under focus wants this stroke for itself: Enter on a button, arrows on a slider. */
export function wantsStroke(target: Target | null, stroke: string): boolean {
  if (!target) return false;
  const tag = target.tagName.toUpperCase();
  const role = target.role ?? "";
  if (stroke === "Enter" || stroke === "Space") {
    return PRESSABLE.has(tag) || PRESSABLE_ROLES.has(role) || tag === "INPUT";
  }
  if (stroke.startsWith("Arrow")) {
    return ARROW_ROLES.has(role) || (tag === "INPUT" && (target.type === "range" || target.type === "radio"));
  }
  return false;
}

const SYMBOLS: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  shift: "Shift",
  alt: "Alt",
};

/** The parts of a key as printed on key caps: `mod+z` -> ["Ctrl", "Z"]; a sequence `g d` -> ["G", "then", "D"]. */
export function keyCaps(key: string, mac: boolean): string[] {
  return key.split(" ").flatMap((stroke, index) => {
    const parts = stroke === "+" ? ["+"] : stroke.split("+");
    const caps = parts.map((part) =>
      part === "mod" ? (mac ? "⌘" : "Ctrl") : (SYMBOLS[part] ?? (part.length === 1 ? part.toUpperCase() : part)),
    );
    return index > 0 ? ["then", ...caps] : caps;
  });
}

export function shortcut(id: string): Shortcut {
  const found = SHORTCUTS.find((s) => s.id === id);
  if (!found) throw new Error(`no shortcut is called ${id}`);
  return found;
}

export function searchShortcuts(query: string): Shortcut[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return SHORTCUTS.filter((s) => {
    const text = [s.description, SCOPE_TITLES[s.scope], ...s.keys].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
