import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "@/api/client";
import { meQuery } from "@/api/queries";
import {
  type FlatFilters,
  first,
  parseSearch,
  positiveInteger,
  readFilters,
  stringifySearch,
  writeFilters,
} from "@/core/filters";
import { readFindingSearch } from "@/core/findingFilters";
import { ErrorState } from "@/ui/States";
import { Toasts } from "@/ui/Toasts";
import { LoginPage } from "./LoginPage";
import { MissingPage } from "./MissingPage";
import { Shell } from "./Shell";

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: () => (
    <>
      <Outlet />
      <Toasts />
    </>
  ),
  notFoundComponent: MissingPage,
  errorComponent: ({ error, reset }) => <ErrorState error={error} retry={reset} />,
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  component: LoginPage,
  validateSearch: (raw): { next?: string } => ({ next: first(raw.next) }),
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(meQuery);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: "/login", search: { next: location.href } });
      }
      throw error;
    }
  },
});

const under = () => app;

const datasets = createRoute({
  getParentRoute: under,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/datasets/DatasetsPage"), "DatasetsPage"),
});
const jobs = createRoute({
  getParentRoute: under,
  path: "/jobs",
  component: lazyRouteComponent(() => import("@/features/jobs/JobsPage"), "JobsPage"),
});
const job = createRoute({
  getParentRoute: under,
  path: "/jobs/$job",
  component: lazyRouteComponent(() => import("@/features/jobs/JobPage"), "JobPage"),
});
const rules = createRoute({
  getParentRoute: under,
  path: "/rules",
  component: lazyRouteComponent(() => import("@/features/rules/RulesPage"), "RulesPage"),
});
const rule = createRoute({
  getParentRoute: under,
  path: "/rules/$rule",
  component: lazyRouteComponent(() => import("@/features/rules/RulePage"), "RulePage"),
});
const account = createRoute({
  getParentRoute: under,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/account/AccountPage"), "AccountPage"),
});
const explorer = createRoute({
  getParentRoute: under,
  path: "/datasets/$dataset",
  component: lazyRouteComponent(() => import("@/features/explorer/ExplorerPage"), "ExplorerPage"),
  validateSearch: (raw) => writeFilters(readFilters(raw)),
});
const item = createRoute({
  getParentRoute: under,
  path: "/datasets/$dataset/items/$item",
  component: lazyRouteComponent(() => import("@/features/explorer/ItemPage"), "ItemPage"),
  validateSearch: (raw): FlatFilters => {
    const [annotation, finding] = [first(raw.annotation), first(raw.finding)];
    return { ...writeFilters(readFilters(raw)), ...(annotation && { annotation }), ...(finding && { finding }) };
  },
});
const findings = createRoute({
  getParentRoute: under,
  path: "/datasets/$dataset/findings",
  component: lazyRouteComponent(() => import("@/features/findings/FindingsPage"), "FindingsPage"),
  validateSearch: readFindingSearch,
});
const review = createRoute({
  getParentRoute: under,
  path: "/datasets/$dataset/review",
  component: lazyRouteComponent(() => import("@/features/findings/ReviewPage"), "ReviewPage"),
});
const versions = createRoute({
  getParentRoute: under,
  path: "/datasets/$dataset/versions",
  component: lazyRouteComponent(() => import("@/features/versions/VersionsPage"), "VersionsPage"),
});
const version = createRoute({
  getParentRoute: under,
  path: "/datasets/$dataset/versions/$version",
  component: lazyRouteComponent(() => import("@/features/versions/DiffPage"), "DiffPage"),
  validateSearch: (raw): { against?: number } => ({ against: positiveInteger(raw.against) }),
});
const lineage = createRoute({
  getParentRoute: under,
  path: "/datasets/$dataset/lineage",
  component: lazyRouteComponent(() => import("@/features/lineage/LineagePage"), "LineagePage"),
  validateSearch: (raw): { urn?: string; version?: number } => ({
    urn: first(raw.urn),
    version: positiveInteger(raw.version),
  }),
});

const tree = root.addChildren([
  login,
  app.addChildren([
    datasets,
    jobs,
    job,
    rules,
    rule,
    account,
    explorer,
    item,
    findings,
    review,
    versions,
    version,
    lineage,
  ]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    parseSearch,
    stringifySearch,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
