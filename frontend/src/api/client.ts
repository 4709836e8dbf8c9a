/** The one place that talks to the server: same origin, session cookie, CSRF token on unsafe requests, typed errors. */

import createClient, { type Middleware } from "openapi-fetch";
import { stringifySearch } from "@/core/filters";
import { sentence } from "@/core/format";
import type { paths } from "./schema";
import type { ErrorOut, Me, Problem } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly remedy: string,
    readonly problems: readonly Problem[] = [],
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

/** What went wrong, in words, whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TypeError) {
    return new ApiError(
      0,
      "unreachable",
      "The server cannot be reached.",
      "See whether it still runs, then try again.",
    );
  }
  return new ApiError(0, "error", error instanceof Error ? error.message : String(error), "");
}

let csrf = "";

/** Kept in memory only; it comes with `GET /api/me` and with signing in. */
export function setCsrf(token: string): void {
  csrf = token;
}

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);

const csrfHeader: Middleware = {
  onRequest({ request }) {
    if (UNSAFE.has(request.method) && csrf) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
};

let ended: () => void = () => undefined;

/** Tells what to do when the server no longer knows the session. */
export function onSessionEnded(listener: () => void): void {
  ended = listener;
}

/** Another tab may have signed in anew: the token is then fetched again, and the request repeated once. */
async function fetchAnew(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await fetch(request);
  // Signing in answers 401 for a wrong password, and asking who is signed in is how the router finds out.
  if (response.status === 401 && !/\/api\/(session|me)\b/.test(request.url)) ended();
  if (response.status !== 403 || !UNSAFE.has(request.method)) return response;
  const said: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  if ((said as Partial<ErrorOut> | null)?.error !== "csrf") return response;
  const me = await fetch("/api/me", { credentials: "same-origin" });
  if (!me.ok) return response;
  setCsrf(((await me.json()) as Me).csrf);
  again.headers.set("X-CSRF-Token", csrf);
  return fetch(again);
}

/** Filters travel as repeated parameters; metadata filters, an object in the OpenAPI, are spread into `meta.KEY`. */
function querySerializer(query: Record<string, unknown>): string {
  const { metadata, ...rest } = query;
  return stringifySearch({ ...rest, ...(metadata as Record<string, unknown> | undefined) }).slice(1);
}

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin", querySerializer, fetch: fetchAnew });
api.use(csrfHeader);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

function toError(body: unknown, response: Response): ApiError {
  const said = (body && typeof body === "object" ? body : {}) as Partial<ErrorOut>;
  return new ApiError(
    response.status,
    said.error ?? "error",
    said.detail ? sentence(said.detail) : `The server answered ${response.status}.`,
    sentence(said.remedy ?? ""),
    said.problems ?? [],
  );
}

/** The data of an answer; an ApiError is thrown for anything but success. */
export async function take<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request;
  if (!response.ok || error !== undefined) throw toError(error, response);
  return data as T;
}
