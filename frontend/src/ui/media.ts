/** Addresses of pictures. Blobs are named by content, so these never change and browsers keep them. */

import type { Rect } from "@/core/geometry";

export type Size = 128 | 256 | 512;

const base = (blob: string) => `/api/media/${encodeURIComponent(blob)}`;

export const originalUrl = (blob: string) => base(blob);
export const thumbUrl = (blob: string, size: Size) => `${base(blob)}/thumb?size=${size}`;
export const cropUrl = (blob: string, { x, y, width, height }: Rect, size: Size) =>
  `${base(blob)}/crop?x=${x}&y=${y}&w=${width}&h=${height}&size=${size}`;

/** Where the archive lies that an export job made. */
export const archiveUrl = (dataset: string, job: string) =>
  `/api/datasets/${encodeURIComponent(dataset)}/exports/${encodeURIComponent(job)}`;

/** The smallest size that is sharp at `pixels` CSS pixels. */
export function sizeFor(pixels: number, density = globalThis.devicePixelRatio ?? 1): Size {
  const wanted = pixels * Math.min(density, 2);
  return wanted <= 128 ? 128 : wanted <= 256 ? 256 : 512;
}
