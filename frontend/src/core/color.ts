/** The colour of a label: the taxonomy's own where it is a colour, else one that its name always gives. */

/** Distinct on light, dark and photographic grounds; drawn with a halo. */
export const PALETTE = [
  "#e5484d",
  "#2f9e6e",
  "#4c7df0",
  "#e08a00",
  "#a05ad6",
  "#0aa5b8",
  "#d6409f",
  "#7a9a01",
  "#b5654a",
  "#6b7c93",
] as const;

/** Only `#rgb` and `#rrggbb` pass: the text comes from datasets, and CSS takes more than colours. */
export function isColor(text: unknown): text is string {
  return typeof text === "string" && /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i.test(text);
}

function hash(text: string): number {
  let h = 2166136261;
  for (const letter of text) h = Math.imul(h ^ (letter.codePointAt(0) ?? 0), 16777619);
  return h >>> 0;
}

export interface Skeleton {
  joints: readonly string[];
  bones: readonly (readonly number[])[];
}

/** How labels look: a colour each, and the skeleton of those that have one. */
export interface Colors {
  (label: string): string;
  skeleton: (label: string) => Skeleton | undefined;
}

interface LabelLook {
  name: string;
  color?: string | null;
  skeleton?: Skeleton | null;
}

/** Labels of the taxonomy take the palette in order, so that the first ten never share one. */
export function labelColors(labels: readonly LabelLook[]): Colors {
  const known = new Map<string, string>();
  for (const [index, { name, color }] of labels.entries()) {
    known.set(name, isColor(color) ? color : (PALETTE[index % PALETTE.length] ?? PALETTE[0]));
  }
  const skeletons = new Map(labels.flatMap(({ name, skeleton }) => (skeleton ? [[name, skeleton] as const] : [])));
  const color = (label: string) => known.get(label) ?? PALETTE[hash(label) % PALETTE.length] ?? PALETTE[0];
  return Object.assign(color, { skeleton: (label: string) => skeletons.get(label) });
}
