import type { ReactNode } from "react";
import { useEffect } from "react";
import classes from "./Page.module.css";

interface PageProps {
  title: string;
  /** Before the title: the way up. */
  up?: ReactNode;
  /** Beside the title, quieter. */
  note?: ReactNode;
  actions?: ReactNode;
  /** The content fills the page to its edges and scrolls by itself. */
  full?: boolean;
  children: ReactNode;
}

export function Page({ title, up, note, actions, full, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Checkdam`;
  }, [title]);
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        {up && <div className={classes.up}>{up}</div>}
        <h1 className={classes.title}>{title}</h1>
        {note && <div className={classes.note}>{note}</div>}
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {full ? children : <div className={classes.scroll}>{children}</div>}
    </div>
  );
}
