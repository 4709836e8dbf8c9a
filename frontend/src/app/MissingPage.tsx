import { Link } from "@tanstack/react-router";
import { useReady } from "@/core/ready";
import { EmptyState } from "@/ui/States";

export function MissingPage() {
  useReady("missing", true);
  return (
    <main>
      <h1 className="hidden">Page not found</h1>
      <EmptyState icon="search" title="There is no such page">
        <Link to="/" className="link">
          To the datasets
        </Link>
      </EmptyState>
    </main>
  );
}
