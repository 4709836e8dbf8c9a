import { Button, Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { asApiError } from "@/api/client";
import { Icon, type IconName } from "./icons";
import classes from "./States.module.css";

/** What went wrong and what to do about it, with a way to try again. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const { detail, remedy, problems } = asApiError(error);
  return (
    <div className={classes.state} role="alert">
      <span className={classes.bad}>
        <Icon name="error" size={22} />
      </span>
      <p className={classes.title}>{detail}</p>
      {remedy && <p className="dim">{remedy}</p>}
      {problems.length > 0 && (
        <ul className={classes.problems}>
          {problems.slice(0, 20).map((problem) => (
            <li key={`${problem.where}${problem.what}`}>
              <span className="mono">{problem.where}</span> {problem.what}
            </li>
          ))}
        </ul>
      )}
      {retry && (
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className={classes.state}>
      <span className="dim">
        <Icon name={icon} size={22} />
      </span>
      <p className={classes.title}>{title}</p>
      {children}
    </div>
  );
}

/** Grey bars where lines of text will be. */
export function Lines({ count = 6, height = 14 }: { count?: number; height?: number }) {
  return (
    <div className={classes.lines} aria-hidden="true">
      {Array.from({ length: count }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars are all alike
        <Skeleton key={i} height={height} width={`${92 - ((i * 17) % 40)}%`} />
      ))}
    </div>
  );
}

interface LoadedProps<T> {
  query: Pick<UseQueryResult<T>, "data" | "error" | "isPending" | "refetch">;
  skeleton?: ReactNode;
  children: (data: T) => ReactNode;
}

/** Skeleton, error or content of a query, whichever it has. */
export function Loaded<T>({ query, skeleton, children }: LoadedProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return (
    <div role="status" aria-label="Loading">
      {skeleton ?? <Lines />}
    </div>
  );
}
