/** Signing in and out. */

import type { QueryClient } from "@tanstack/react-query";
import { api, setCsrf, take } from "@/api/client";
import { meQuery } from "@/api/queries";
import type { Me } from "@/api/types";
import { history } from "@/core/undo";

function signedIn(queries: QueryClient, me: Me): void {
  queries.clear();
  history.clear();
  setCsrf(me.csrf);
  queries.setQueryData(meQuery.queryKey, me);
}

export async function signIn(queries: QueryClient, name: string, password: string): Promise<void> {
  signedIn(queries, await take(api.POST("/api/session", { body: { name, password } })));
}

// A token works once, and React's strict mode runs effects twice: one request for each token.
const redeemed = new Map<string, Promise<Me>>();

export async function signInOnce(queries: QueryClient, token: string): Promise<Me> {
  const request = redeemed.get(token) ?? take(api.POST("/api/session/one-time", { body: { token } }));
  redeemed.set(token, request);
  const me = await request;
  signedIn(queries, me);
  return me;
}

export async function signOut(queries: QueryClient): Promise<void> {
  await take(api.DELETE("/api/session"));
  setCsrf("");
  history.clear();
  queries.clear();
}

/** Only a path of this application: `//host` and `https:` would lead elsewhere. */
export function safeNext(next: unknown): string {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}

/** The token of `/login#token=…`. It stands in the fragment, which browsers do not send. */
export function tokenOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token");
}
