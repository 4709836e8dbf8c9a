/** How often a rule is wrong, in words. */

export interface Share {
  accepted: number;
  dismissed: number;
  share: number | null;
  low: number;
  high: number;
}

const percent = (part: number) => `${Math.round(part * 100)} %`;

/** `40 % false alarms`, or nothing where nobody decided. */
export function shareWords({ share }: Pick<Share, "share">): string {
  return share === null ? "" : `${percent(share)} false alarms`;
}

/** `12 to 77 %`: where the share lies in 95 of 100 cases. */
export function intervalWords({ low, high }: Pick<Share, "low" | "high">): string {
  return `${Math.round(low * 100)} to ${percent(high)}`;
}

export interface Row extends Share {
  dataset: string;
  label?: string;
}

interface DatasetShare extends Share {
  dataset: string;
  labels: (Share & { label: string })[];
}

/** Each dataset, and below it its labels. */
export function rateRows(datasets: readonly DatasetShare[]): Row[] {
  return datasets.flatMap(({ labels, ...dataset }) => [
    dataset,
    ...labels.map((label) => ({ ...label, dataset: dataset.dataset })),
  ]);
}
