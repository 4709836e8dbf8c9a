import { TextInput } from "@mantine/core";
import { useState } from "react";
import { SCOPE_TITLES, type Scope, searchShortcuts } from "@/core/shortcuts";
import { Dialog } from "@/ui/Dialog";
import { Icon } from "@/ui/icons";
import { KeyCap } from "@/ui/Keys";
import classes from "./HelpSheet.module.css";

/** Every key, searchable, drawn from the registry. */
export function HelpSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [query, setQuery] = useState("");
  const found = searchShortcuts(query);
  const scopes = (Object.keys(SCOPE_TITLES) as Scope[]).filter((scope) => found.some((s) => s.scope === scope));
  return (
    <Dialog opened={opened} onClose={onClose} title="Keys" size="xl">
      <TextInput
        data-autofocus
        aria-label="Search the keys"
        placeholder="Search the keys"
        leftSection={<Icon name="search" size={14} />}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <div className={classes.columns}>
        {scopes.map((scope) => (
          <section key={scope} className={classes.group}>
            <h2 className={classes.title}>{SCOPE_TITLES[scope]}</h2>
            <dl className={classes.list}>
              {found
                .filter((shortcut) => shortcut.scope === scope)
                .map((shortcut) => (
                  <div key={shortcut.id} className={classes.row}>
                    <dt>{shortcut.description}</dt>
                    <dd>
                      {shortcut.keys.map((keys) => (
                        <KeyCap key={keys} keys={keys} />
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
        {scopes.length === 0 && <p className="dim">No key matches.</p>}
      </div>
    </Dialog>
  );
}
