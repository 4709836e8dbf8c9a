/** Line icons on a 16-pixel grid. They are always beside a text or inside a named control, so they are hidden from ARIA. */

const PATHS = {
  datasets:
    "M2.5 4c0-1.1 2.5-2 5.5-2s5.5.9 5.5 2-2.5 2-5.5 2-5.5-.9-5.5-2zM2.5 4v8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2V4M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2",
  grid: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  findings: "M8 2 1.8 13h12.4zM8 6.5v3M8 11.3v.2",
  versions: "M5 3.5v9M5 3.5a1.5 1.5 0 1 0 0-.01M5 12.5a1.5 1.5 0 1 0 0 .01M11 5.5a1.5 1.5 0 1 0 0-.01M11 7c0 3-6 2-6 4",
  lineage: "M3 3.5h3.5v3H3zM9.5 2h3.5v3H9.5zM9.5 11h3.5v3H9.5zM6.5 5c2 0 1-1.5 3-1.5M6.5 5.5c2 0 1 7 3 7",
  jobs: "M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5v3.2l2.2 1.3M11 2.5h2.5V5",
  rules: "M3.5 2h7l2 2v10h-9zM6 6.5h4M6 9h4M6 11.5h2.5",
  account: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 14c.4-2.8 2.4-4 5.2-4s4.8 1.2 5.2 4",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  moon: "M13 9.5A5.5 5.5 0 1 1 6.5 3a4.5 4.5 0 0 0 6.5 6.5z",
  keyboard: "M1.5 4h13v8h-13zM4 6.5h.5M7 6.5h.5M10 6.5h.5M4 9.5h8M12.5 6.5h.2",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 13.5 13.5",
  check: "M3 8.5 6.5 12 13 4.5",
  close: "M4 4l8 8M12 4l-8 8",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 6 3.5M3 6.5l3 3",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  eyeOff:
    "M2.5 2.5l11 11M6 4c.6-.3 1.3-.5 2-.5 4 0 6.5 4.5 6.5 4.5s-.7 1.3-2 2.5M4 5.2C2.4 6.4 1.5 8 1.5 8S4 12.5 8 12.5c1.1 0 2-.3 2.9-.8",
  left: "M10 3.5 5.5 8l4.5 4.5",
  right: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  play: "M5 3l8 5-8 5z",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  sort: "M5 3v10M5 13l-2.5-2.5M5 13l2.5-2.5M11 13V3M11 3 8.5 5.5M11 3l2.5 2.5",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 9h5.8l.6-9",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 7.3v3.5M8 5v.2",
  error: "M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM8 5v3.7M8 10.8v.2",
  filter: "M2.5 3h11L9.5 8v4.5l-3 1V8z",
  sound: "M2 8h1.5M5 5v6M8 2.5v11M11 5.5v5M14 7v2",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  download: "M8 2.5v8M4.5 7 8 10.5 11.5 7M3 13.5h10",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  folder: "M2 4h4l1.5 1.5H14v7H2z",
  archive: "M2.5 2.5h11v3h-11zM3.5 5.5v8h9v-8M6.5 8h3",
  link: "M6.5 3.5h-4v10h10v-4M9 2.5h4.5V7M13.5 2.5 7.5 8.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
