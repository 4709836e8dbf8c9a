import { ActionIcon } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { type Toast, toasts } from "@/core/toasts";
import { Icon } from "./icons";
import classes from "./Toasts.module.css";

function Line({ toast }: { toast: Toast }) {
  const bad = toast.kind === "error";
  return (
    <div className={classes.toast} data-kind={toast.kind}>
      <span className={classes.mark}>
        <Icon name={bad ? "error" : "check"} />
      </span>
      <div className={classes.text}>
        {toast.text}
        {toast.detail && <div className="dim">{toast.detail}</div>}
      </div>
      {toast.action && (
        <button
          type="button"
          className={classes.action}
          onClick={() => {
            toasts.dismiss(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </button>
      )}
      <ActionIcon aria-label="Close the notice" size="sm" onClick={() => toasts.dismiss(toast.id)}>
        <Icon name="close" size={12} />
      </ActionIcon>
    </div>
  );
}

export function Toasts() {
  const all = useSyncExternalStore(toasts.subscribe, toasts.all);
  return (
    <section className={classes.stack} aria-label="Notices" aria-live="polite">
      {all.map((toast) => (
        <Line key={toast.id} toast={toast} />
      ))}
    </section>
  );
}
