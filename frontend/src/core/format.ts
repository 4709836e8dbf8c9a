/** Numbers, times and names as people read them. */

const whole = new Intl.NumberFormat("en");

export function count(value: number): string {
  return whole.format(value);
}

/** `1 box`, `2 boxes`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Short for narrow places: 950, 1.2k, 34k, 5.1M. Never more than four characters. */
export function compact(value: number): string {
  if (Math.abs(value) < 1000) return String(value);
  for (const [unit, size] of [
    ["k", 1e3],
    ["M", 1e6],
    ["G", 1e9],
  ] as const) {
    const scaled = value / size;
    if (Math.abs(scaled) < 9.95) return `${scaled.toFixed(1)}${unit}`;
    if (Math.abs(scaled) < 999.5) return `${Math.round(scaled)}${unit}`;
  }
  return `${Math.round(value / 1e12)}T`;
}

/** A coordinate or measure: up to `digits` decimals, no trailing zeros. For reading only; data are never rounded. */
export function decimal(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return "–";
  return String(Number(value.toFixed(digits)));
}

export function percent(part: number, total: number): string {
  if (total <= 0) return "0 %";
  const value = (100 * part) / total;
  if (value > 0 && value < 1) return "< 1 %";
  if (value < 100 && value > 99) return "> 99 %";
  return `${Math.round(value)} %`;
}

export function duration(seconds: number): string {
  if (seconds < 0.95) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 59.5) return `${seconds < 9.95 ? decimal(seconds, 1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (seconds < 3570) {
    const rest = Math.round(seconds % 60);
    return seconds < 600 && rest > 0 && rest < 60 ? `${Math.floor(seconds / 60)} min ${rest} s` : `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`
    : `${Math.floor(hours / 24)} d${hours % 24 ? ` ${hours % 24} h` : ""}`;
}

const STEPS = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
  [7 * 86_400, 86_400, "day"],
] as const;

/** `just now`, `5 minutes ago`, `yesterday`; a date when it is more than a week ago. */
export function ago(iso: string, now: number = Date.now()): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return "";
  const seconds = (now - at) / 1000;
  if (seconds < 45) return "just now";
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [below, unit, name] of STEPS) {
    if (seconds < below) return words.format(-Math.max(1, Math.round(seconds / unit)), name);
  }
  return new Date(at).toISOString().slice(0, 10);
}

/** Seconds between two ISO times, the second of which may still be to come. */
export function elapsed(from: string | null, to: string | null, now: number = Date.now()): number | null {
  if (!from) return null;
  const start = Date.parse(from);
  const end = to ? Date.parse(to) : now;
  return Number.isNaN(start) || Number.isNaN(end) ? null : Math.max(0, (end - start) / 1000);
}

/** The end of a long name matters most: `…/deep/folder/file.jpg` cut in the middle. */
export function shorten(text: string, most: number): string {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const tail = Math.ceil((most - 1) * 0.6);
  return `${letters.slice(0, most - 1 - tail).join("")}…${letters.slice(letters.length - tail).join("")}`;
}

/** `near-duplicate-image` -> `Near duplicate image`. */
export function title(name: string): string {
  const words = name
    .replace(/[-_]+/g, " ")
    .replace(/\biou\b/gi, "IoU")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The first letter made large: messages of the server begin small. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `2026-03-10 12:00:05` in the reader's own time zone. */
export function when(iso: string | null): string {
  const at = new Date(iso ?? Number.NaN);
  if (Number.isNaN(at.getTime())) return "–";
  const two = (part: number) => String(part).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}

const isScalar = (one: unknown) => typeof one !== "object" || one === null;

/** A metadata or evidence value on one line. */
export function value(data: unknown): string {
  if (data === null || data === undefined) return "–";
  if (typeof data === "number") return Number.isInteger(data) ? count(data) : decimal(data, 4);
  if (typeof data === "boolean") return data ? "yes" : "no";
  if (typeof data === "string") return data;
  if (Array.isArray(data) && data.every(isScalar)) return data.map(value).join(", ") || "none";
  if (!Array.isArray(data) && Object.values(data).every(isScalar)) {
    const parts = Object.entries(data).map(([name, one]) => `${name} ${value(one)}`);
    return parts.join(", ") || "none";
  }
  return JSON.stringify(data);
}
