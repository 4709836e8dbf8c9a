import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { asApiError } from "@/api/client";
import { useReady } from "@/core/ready";
import { toasts } from "@/core/toasts";
import classes from "./LoginPage.module.css";
import { safeNext, signIn, signInOnce, tokenOf } from "./session";

/** Goes on to the page that was asked for. */
function useGoOn() {
  const router = useRouter();
  return () => {
    const next = new URLSearchParams(location.search).get("next");
    router.history.replace(safeNext(next));
  };
}

export function LoginPage() {
  const [token] = useState(() => tokenOf(location.hash));
  const [failed, setFailed] = useState<unknown>(null);
  const queries = useQueryClient();
  const goOn = useGoOn();

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each token
  useEffect(() => {
    if (!token) return;
    signInOnce(queries, token).then(
      (me) => {
        goOn();
        if (!me.has_password) {
          toasts.show({ text: `Signed in as ${me.name}`, detail: "Set a password on the account page to come back." });
        }
      },
      (error) => {
        history.replaceState(null, "", location.pathname + location.search);
        setFailed(error);
      },
    );
  }, [token]);

  const waiting = token !== null && failed === null;
  useReady("login", !waiting);
  useEffect(() => {
    document.title = "Sign in · Checkdam";
  }, []);
  return (
    <main className={classes.page}>
      <img src="/favicon.svg" width={40} height={40} alt="" />
      <h1 className={classes.title}>Checkdam</h1>
      {waiting ? <p role="status">Signing in…</p> : <LoginForm failed={failed} onDone={goOn} />}
    </main>
  );
}

function LoginForm({ failed, onDone }: { failed: unknown; onDone: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({ mutationFn: () => signIn(queries, name, password), onSuccess: onDone });
  const problem = login.error ?? failed;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      {problem !== null && (
        <div role="alert" className={classes.problem}>
          <strong>{asApiError(problem).detail}</strong>
          <div>{asApiError(problem).remedy}</div>
        </div>
      )}
      <TextInput
        size="sm"
        label="Name"
        name="name"
        autoComplete="username"
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" size="sm" loading={login.isPending}>
        Sign in
      </Button>
      <p className="dim">
        First time here? Open the one-time link that the server printed when it started, or ask an admin for one.
      </p>
    </form>
  );
}
