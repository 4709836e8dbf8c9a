import { describe, expect, it } from "vitest";
import {
  clashes,
  keyCaps,
  Matcher,
  SHORTCUTS,
  type Shortcut,
  searchShortcuts,
  strokeName,
  typesText,
  wantsStroke,
} from "./shortcuts";

const press = (key: string, mods: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {}) =>
  strokeName({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...mods });

describe("the registry", () => {
  it("gives no key two meanings", () => {
    expect(clashes(SHORTCUTS)).toEqual([]);
  });
  it("has unique ids, and words for each", () => {
    expect(new Set(SHORTCUTS.map((s) => s.id)).size).toBe(SHORTCUTS.length);
    for (const s of SHORTCUTS) expect(s.description.length).toBeGreaterThan(3);
  });
  it("sees clashes: the same key, a key that is also global, and a key that begins a sequence", () => {
    const make = (id: string, scope: Shortcut["scope"], key: string) => ({ id, scope, keys: [key], description: id });
    expect(clashes([make("a", "item", "f"), make("b", "item", "f")])).toHaveLength(1);
    expect(clashes([make("a", "item", "f"), make("b", "global", "f")])).toHaveLength(1);
    expect(clashes([make("a", "item", "g"), make("b", "global", "g d")])).toHaveLength(1);
    expect(clashes([make("a", "item", "f"), make("b", "findings", "f")])).toHaveLength(0);
  });
  it("keeps the browser's own keys free", () => {
    const taken = new Set(["mod+t", "mod+w", "mod+n", "mod+l", "mod+r", "mod+f", "mod+p", "mod+c", "mod+v", "Tab"]);
    expect(SHORTCUTS.flatMap((s) => s.keys).filter((key) => taken.has(key))).toEqual([]);
  });
});

describe("strokeName", () => {
  it("names Ctrl and Command alike", () => {
    expect(press("z", { ctrlKey: true })).toBe("mod+z");
    expect(press("Z", { metaKey: true, shiftKey: true })).toBe("mod+shift+z");
  });
  it("leaves out the shift that only makes the character", () => {
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("+", { shiftKey: true })).toBe("+");
    expect(press("X", { shiftKey: true })).toBe("shift+x");
    expect(press(" ")).toBe("Space");
  });
});

describe("Matcher", () => {
  it("finds single strokes and sequences", () => {
    const matcher = new Matcher();
    expect(matcher.match("?", 0, SHORTCUTS)?.id).toBe("global.help");
    expect(matcher.match("g", 100, SHORTCUTS)).toBeNull();
    expect(matcher.match("d", 200, SHORTCUTS)?.id).toBe("global.datasets");
  });
  it("forgets the first stroke after a while", () => {
    const matcher = new Matcher();
    const live = SHORTCUTS.filter((s) => s.scope === "global" || s.scope === "findings");
    matcher.match("g", 0, live);
    expect(matcher.match("d", 5000, live)?.id).toBe("findings.dismiss");
  });
  it("lets a stroke that completes nothing act by itself", () => {
    const matcher = new Matcher();
    const live = SHORTCUTS.filter((s) => s.scope === "global" || s.scope === "findings");
    matcher.match("g", 0, live);
    expect(matcher.match("x", 10, live)?.id).toBe("findings.select");
  });
});

describe("focus", () => {
  it("is in a text field", () => {
    expect(typesText({ tagName: "input", type: "text" })).toBe(true);
    expect(typesText({ tagName: "INPUT", type: "search" })).toBe(true);
    expect(typesText({ tagName: "INPUT" })).toBe(true);
    expect(typesText({ tagName: "textarea" })).toBe(true);
    expect(typesText({ tagName: "div", isContentEditable: true })).toBe(true);
    expect(typesText({ tagName: "div", role: "combobox" })).toBe(true);
  });
  it("is not in a text field", () => {
    expect(typesText(null)).toBe(false);
    expect(typesText({ tagName: "BUTTON" })).toBe(false);
    expect(typesText({ tagName: "INPUT", type: "checkbox" })).toBe(false);
    expect(typesText({ tagName: "INPUT", type: "range" })).toBe(false);
  });
  it("keeps Enter for buttons and arrows for sliders", () => {
    expect(wantsStroke({ tagName: "BUTTON" }, "Enter")).toBe(true);
    expect(wantsStroke({ tagName: "BUTTON" }, "j")).toBe(false);
    expect(wantsStroke({ tagName: "DIV", role: "slider" }, "ArrowLeft")).toBe(true);
    expect(wantsStroke({ tagName: "DIV" }, "Enter")).toBe(false);
  });
});

describe("words", () => {
  it("prints key caps", () => {
    expect(keyCaps("mod+shift+z", false)).toEqual(["Ctrl", "Shift", "Z"]);
    expect(keyCaps("mod+z", true)).toEqual(["⌘", "Z"]);
    expect(keyCaps("g d", false)).toEqual(["G", "then", "D"]);
    expect(keyCaps("+", false)).toEqual(["+"]);
    expect(keyCaps("ArrowLeft", false)).toEqual(["←"]);
  });
  it("searches by words in any order", () => {
    expect(searchShortcuts("dismiss reason").map((s) => s.id)).toContain("findings.dismiss");
    expect(searchShortcuts("nothing at all like this")).toEqual([]);
  });
});
