import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, asApiError, take } from "@/api/client";
import { keysQuery } from "@/api/queries";
import type { ApiKey } from "@/api/types";
import { ago } from "@/core/format";
import { toasts } from "@/core/toasts";
import { CopyLine } from "@/ui/CopyLine";
import { Loaded } from "@/ui/States";
import { tellError } from "@/ui/steps";
import classes from "./AccountPage.module.css";

export function ApiKeys() {
  const keys = useQuery(keysQuery);
  return (
    <section aria-labelledby="keys">
      <h2 id="keys" className={classes.heading}>
        API keys
      </h2>
      <p className={classes.intro}>
        For programs, in the header <span className="mono">Authorization: Bearer KEY</span>. A key can do what you can,
        within its scope.
      </p>
      <NewKey />
      <Loaded query={keys}>{(all) => (all.length ? <KeyTable keys={all} /> : <p className="dim">No keys.</p>)}</Loaded>
    </section>
  );
}

function NewKey() {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<"read" | "write">("read");
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: () => take(api.POST("/api/api-keys", { body: { name, scope } })),
    onSuccess: () => {
      setName("");
      void queries.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label="Name"
          placeholder="nightly export"
          required
          withAsterisk={false}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label="Scope"
          value={scope}
          data={["read", "write"]}
          onChange={(event) => setScope(event.currentTarget.value as typeof scope)}
        />
        <Button type="submit" variant="default" loading={make.isPending}>
          Make a key
        </Button>
      </form>
      {make.error && (
        <p role="alert" className={classes.problem}>
          {asApiError(make.error).detail} {asApiError(make.error).remedy}
        </p>
      )}
      {make.data && (
        <div className={classes.secret} role="status">
          <p>
            <strong>{make.data.name}</strong>: copy it now, it is not shown again.
          </p>
          <CopyLine text={make.data.key} label="the key" />
        </div>
      )}
    </>
  );
}

function KeyTable({ keys }: { keys: ApiKey[] }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: (id: string) => take(api.DELETE("/api/api-keys/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      toasts.show({ text: "The key is revoked" });
      void queries.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
    onError: tellError,
  });
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Scope</th>
            <th scope="col">Made</th>
            <th scope="col">Last used</th>
            <th>
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <th scope="row">{key.name}</th>
              <td>{key.scope}</td>
              <td>{ago(key.created_at)}</td>
              <td>{key.last_used_at ? ago(key.last_used_at) : "never"}</td>
              <td>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  color="red"
                  aria-label={`Revoke the key ${key.name}`}
                  onClick={() => revoke.mutate(key.id)}
                >
                  Revoke
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
