import { describe, expect, it } from "vitest";
import type { Rule } from "@/api/types";
import { grouped } from "./rules";

const rule = (name: string, group: Rule["group"], summary = ""): Rule => ({
  name,
  group,
  summary,
  severity: "info",
  subject: "item",
  fixable: false,
  default: true,
  options: {},
});

const RULES = [
  rule("clipping", "audio", "A sound is clipped."),
  rule("zero-area", "geometry", "A box has no area."),
  rule("near-silent", "audio", "A sound is silent, or nearly so."),
];
const names = (search: string) => grouped(RULES, search).map(([title, rules]) => [title, rules.map((one) => one.name)]);

describe("grouped", () => {
  it("keeps an order of groups and of rules", () => {
    expect(names("")).toEqual([
      ["Geometry", ["zero-area"]],
      ["Sounds", ["clipping", "near-silent"]],
    ]);
  });
  it("searches names and summaries word by word", () => {
    expect(names("SOUND silent")).toEqual([["Sounds", ["near-silent"]]]);
    expect(names("zero area")).toEqual([["Geometry", ["zero-area"]]]);
    expect(names("nothing")).toEqual([]);
  });
});
