import { expect, it } from "vitest";
import type { Annotation } from "@/api/types";
import { changedAnnotations } from "./changes";

it("tells what is on one side only from what is on both", () => {
  const make = (id: string) => ({ id }) as Annotation;
  const change = { before: [make("a"), make("b")], after: [make("b"), make("c")] };
  expect(changedAnnotations(change)).toEqual({ removed: ["a"], added: ["c"], changed: ["b"] });
});
