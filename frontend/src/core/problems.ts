/** What a job says is wrong in its input. */

import type { JobDetail, Problem } from "@/api/types";

type Told = Pick<JobDetail, "log" | "result" | "state">;

const FAILED = /^attempt \d+ of \d+ failed: /;

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "where" in value && "what" in value;
}

/**
 * The problems that were left out (an import that keeps going), or those that the last attempt failed for. The log has
 * a line for each of these, `PLACE: what (remedy)`, after the one that says that the attempt failed.
 */
export function problemsOf({ log, result, state }: Told): Problem[] {
  const listed = (result as { problems?: unknown } | null)?.problems;
  if (Array.isArray(listed)) return listed.filter(isProblem);
  if (state !== "failed") return [];
  const failed = log.findLastIndex((line) => FAILED.test(line));
  if (failed < 0) return [];
  return log.slice(failed + 1).map(parsed);
}

function parsed(line: string): Problem {
  const colon = line.indexOf(": ");
  const remedy = line.endsWith(")") ? line.lastIndexOf(" (") : -1;
  if (colon < 0) return { where: "", what: line, remedy: "" };
  return {
    where: line.slice(0, colon),
    what: line.slice(colon + 2, remedy > colon ? remedy : undefined),
    remedy: remedy > colon ? line.slice(remedy + 2, -1) : "",
  };
}
