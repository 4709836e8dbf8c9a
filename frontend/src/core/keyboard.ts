/** Hears every key press and calls the handler that a live component has bound to its shortcut. */

import { useEffect, useRef } from "react";
import { Matcher, type Scope, SHORTCUTS, strokeName, type Target, typesText, wantsStroke } from "./shortcuts";

type Handler = (event: KeyboardEvent) => void;
export type Handlers = Record<string, Handler | undefined>;

interface Binding {
  scope: Scope | "dialog";
  /** Nothing below hears anything while this is bound: a dialog is open. */
  exclusive: boolean;
  handlers: () => Handlers;
}

const bindings: Binding[] = [];
const matcher = new Matcher();

function describe(target: EventTarget | null): Target | null {
  if (!(target instanceof HTMLElement)) return null;
  return {
    tagName: target.tagName,
    type: target instanceof HTMLInputElement ? target.type : undefined,
    isContentEditable: target.isContentEditable,
    role: target.getAttribute("role"),
  };
}

function liveBindings(): Binding[] {
  const top = bindings.findLastIndex((binding) => binding.exclusive);
  return top < 0 ? bindings : bindings.slice(top);
}

export function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const target = describe(event.target);
  const stroke = strokeName(event);
  if (["Shift", "Control", "Meta", "Alt"].includes(event.key) || typesText(target)) return;
  const live = liveBindings();
  const bound = live.flatMap((binding) =>
    Object.entries(binding.handlers()).flatMap(([name, handler]) =>
      handler ? [{ id: `${binding.scope}.${name}`, handler }] : [],
    ),
  );
  const shortcuts = SHORTCUTS.filter((s) => bound.some((one) => one.id === s.id));
  const hit = matcher.match(stroke, event.timeStamp, shortcuts);
  if (!hit || wantsStroke(target, stroke)) return;
  event.preventDefault();
  bound.findLast((one) => one.id === hit.id)?.handler(event);
}

/** Binds handlers to the shortcuts of a scope while the component is mounted. Names are those of the registry. */
export function useShortcuts(
  scope: Scope,
  handlers: Handlers,
  options: { exclusive?: boolean; enabled?: boolean } = {},
): void {
  useBinding(scope, handlers, options.exclusive ?? false, options.enabled ?? true);
}

/** Keeps every shortcut below silent while a dialog is open. */
export function useSilence(open: boolean): void {
  useBinding("dialog", {}, true, open);
}

function useBinding(scope: Scope | "dialog", handlers: Handlers, exclusive: boolean, enabled: boolean): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    if (!enabled) return;
    const binding: Binding = { scope, exclusive, handlers: () => latest.current };
    bindings.push(binding);
    return () => {
      bindings.splice(bindings.indexOf(binding), 1);
    };
  }, [scope, exclusive, enabled]);
}

export function listenToKeys(): () => void {
  window.addEventListener("keydown", onKeyDown);
  return () => window.removeEventListener("keydown", onKeyDown);
}
