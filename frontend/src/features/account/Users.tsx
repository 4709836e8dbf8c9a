import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, take } from "@/api/client";
import { usersQuery } from "@/api/queries";
import type { Me, User } from "@/api/types";
import { ago } from "@/core/format";
import { CopyLine } from "@/ui/CopyLine";
import { Loaded } from "@/ui/States";
import { tellError } from "@/ui/steps";
import classes from "./AccountPage.module.css";

type Role = User["role"];
const ROLES: Role[] = ["admin", "manager", "reviewer", "tasker"];

export function Users({ me }: { me: Me }) {
  const users = useQuery(usersQuery);
  const [link, setLink] = useState<{ name: string; url: string } | null>(null);
  return (
    <section aria-labelledby="users">
      <h2 id="users" className={classes.heading}>
        Users
      </h2>
      <p className={classes.intro}>A new user signs in by a one-time link and then sets a password.</p>
      <NewUser />
      {link && (
        <div className={classes.secret} role="status">
          <p>
            One-time link of <strong>{link.name}</strong>: copy it now, it is not shown again.
          </p>
          <CopyLine text={link.url} label="the link" />
        </div>
      )}
      <Loaded query={users}>{(all) => <UserTable users={all} me={me} onLink={setLink} />}</Loaded>
    </section>
  );
}

function NewUser() {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("reviewer");
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: () => take(api.POST("/api/users", { body: { name, role } })),
    onSuccess: () => {
      setName("");
      void queries.invalidateQueries({ queryKey: usersQuery.queryKey });
    },
    onError: tellError,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NativeSelect
        label="Role"
        value={role}
        data={ROLES}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
      />
      <Button type="submit" variant="default" loading={add.isPending}>
        Add a user
      </Button>
    </form>
  );
}

interface UserTableProps {
  users: User[];
  me: Me;
  onLink: (link: { name: string; url: string }) => void;
}

function UserTable({ users, me, onLink }: UserTableProps) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Added</th>
            <th>
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <UserRow key={user.id} user={user} self={user.id === me.id} onLink={onLink} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function UserRow({ user, self, onLink }: { user: User; self: boolean; onLink: UserTableProps["onLink"] }) {
  const queries = useQueryClient();
  const path = { id: user.id };
  const change = useMutation({
    mutationFn: (body: { role?: Role; disabled?: boolean }) =>
      take(api.PATCH("/api/users/{id}", { params: { path }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: usersQuery.queryKey }),
    onError: tellError,
  });
  const invite = useMutation({
    mutationFn: () => take(api.POST("/api/users/{id}/one-time", { params: { path } })),
    onSuccess: ({ url }) => onLink({ name: user.name, url }),
    onError: tellError,
  });
  return (
    <tr className={user.disabled ? classes.off : undefined}>
      <th scope="row">
        {user.name}
        {self && <span className="dim"> (you)</span>}
        {user.disabled && <span className="dim"> disabled</span>}
      </th>
      <td>
        <NativeSelect
          aria-label={`Role of ${user.name}`}
          value={user.role}
          data={ROLES}
          disabled={self || change.isPending}
          onChange={(event) => change.mutate({ role: event.currentTarget.value as Role })}
        />
      </td>
      <td>{ago(user.created_at)}</td>
      <td>
        <Button
          variant="subtle"
          size="compact-sm"
          disabled={user.disabled}
          aria-label={`One-time link for ${user.name}`}
          onClick={() => invite.mutate()}
        >
          One-time link
        </Button>
        {!self && (
          <Button
            variant="subtle"
            size="compact-sm"
            color={user.disabled ? undefined : "red"}
            aria-label={`${user.disabled ? "Enable" : "Disable"} ${user.name}`}
            onClick={() => change.mutate({ disabled: !user.disabled })}
          >
            {user.disabled ? "Enable" : "Disable"}
          </Button>
        )}
      </td>
    </tr>
  );
}
