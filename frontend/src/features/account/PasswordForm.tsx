import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, asApiError, setCsrf, take } from "@/api/client";
import { meQuery } from "@/api/queries";
import type { Me } from "@/api/types";
import { toasts } from "@/core/toasts";
import classes from "./AccountPage.module.css";

const SHORTEST = 10;

function useSetPassword(onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { current: string | null; new: string }) => take(api.PUT("/api/me/password", { body })),
    onSuccess: (now) => {
      setCsrf(now.csrf);
      queries.setQueryData(meQuery.queryKey, now);
      onDone();
      toasts.show({ text: "The password is set", detail: "Your other sessions have ended." });
    },
  });
}

export function PasswordForm({ me }: { me: Me }) {
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const save = useSetPassword(() => {
    setCurrent("");
    setWanted("");
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ current: me.has_password ? current : null, new: wanted });
  };
  return (
    <section aria-labelledby="password">
      <h2 id="password" className={classes.heading}>
        Password
      </h2>
      <p className={classes.intro}>
        {me.has_password
          ? "Changing it ends all your other sessions."
          : "You have none yet: set one to sign in again later."}
      </p>
      <form className={classes.stack} onSubmit={submit}>
        <input type="text" name="username" autoComplete="username" value={me.name} readOnly hidden />
        {me.has_password && (
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="New password"
          description={`at least ${SHORTEST} characters`}
          autoComplete="new-password"
          required
          withAsterisk={false}
          minLength={SHORTEST}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={save.isPending}>
          Set the password
        </Button>
        {save.error && (
          <p role="alert" className={classes.problem}>
            {asApiError(save.error).detail} {asApiError(save.error).remedy}
          </p>
        )}
      </form>
    </section>
  );
}
