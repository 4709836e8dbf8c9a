import { Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { datasetQuery, healthQuery, isActive, jobsQuery, meQuery } from "@/api/queries";
import { compact } from "@/core/format";
import { may } from "@/core/roles";
import { Icon, type IconName } from "@/ui/icons";
import { IconButton } from "@/ui/Keys";
import classes from "./Shell.module.css";
import { signOut } from "./session";

interface SidebarProps {
  dataset: string | undefined;
  queries: QueryClient;
  onHelp: () => void;
}

export function Sidebar({ dataset, queries, onHelp }: SidebarProps) {
  const [open, setOpen] = useState(false);
  const path = useLocation({ select: (location) => location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu of narrow screens
  useEffect(() => setOpen(false), [path]);
  const me = useQuery(meQuery).data;
  const canRead = may(me?.role, "read");
  return (
    <nav className={classes.side} data-open={open || undefined} aria-label="Main">
      <div className={classes.brand}>
        <Link to="/" className={classes.logo}>
          <img src="/favicon.svg" width={18} height={18} alt="" />
          Checkdam
        </Link>
        <span className={classes.burger}>
          <IconButton icon="menu" label={open ? "Close the menu" : "Open the menu"} onClick={() => setOpen(!open)} />
        </span>
      </div>
      <div className={classes.nav}>
        <NavLink to="/" icon="datasets" exact>
          Datasets
        </NavLink>
        {canRead && <JobsLink />}
        <NavLink to="/rules" icon="rules">
          Rules
        </NavLink>
        {dataset && canRead && <DatasetLinks dataset={dataset} />}
      </div>
      <div className={classes.foot}>
        <UserMenu name={me?.name ?? ""} role={me?.role ?? ""} queries={queries} />
        <span className={classes.tools}>
          <ThemeButton />
          <IconButton icon="keyboard" label="Show the keys" hint="global.help" onClick={onHelp} />
        </span>
      </div>
    </nav>
  );
}

interface NavLinkProps {
  to: "/" | "/jobs" | "/rules";
  icon: IconName;
  exact?: boolean;
  children: ReactNode;
}

function NavLink({ to, icon, exact, children }: NavLinkProps) {
  return (
    <Link to={to} className={classes.link} activeOptions={{ exact: exact ?? false }}>
      <Icon name={icon} />
      {children}
    </Link>
  );
}

function JobsLink() {
  const jobs = useQuery(jobsQuery());
  const running = jobs.data?.filter(isActive).length ?? 0;
  return (
    <NavLink to="/jobs" icon="jobs">
      Jobs
      {running > 0 && (
        <span className={classes.count} title={`${running} running`}>
          {running}
        </span>
      )}
    </NavLink>
  );
}

function DatasetLinks({ dataset }: { dataset: string }) {
  const { data, isError } = useQuery(datasetQuery(dataset));
  if (isError && !data) return null;
  const open = data ? data.findings.error + data.findings.warning + data.findings.info : null;
  const params = { dataset };
  return (
    <div className={classes.group}>
      <div className={classes.groupTitle} title={data?.name}>
        {data?.name ?? dataset}
      </div>
      <Link
        to="/datasets/$dataset"
        params={params}
        className={classes.link}
        activeOptions={{ exact: true, includeSearch: false }}
      >
        <Icon name="grid" />
        Explorer
        {data?.version && <span className={classes.count}>{compact(data.version.item_count)}</span>}
      </Link>
      <Link
        to="/datasets/$dataset/findings"
        params={params}
        className={classes.link}
        activeOptions={{ includeSearch: false }}
      >
        <Icon name="findings" />
        Findings
        {open !== null && <span className={classes.count}>{compact(open)}</span>}
      </Link>
      <Link to="/datasets/$dataset/versions" params={params} className={classes.link}>
        <Icon name="versions" />
        Versions
        {data && <span className={classes.count}>{data.versions}</span>}
      </Link>
      <Link
        to="/datasets/$dataset/lineage"
        params={params}
        className={classes.link}
        activeOptions={{ includeSearch: false }}
      >
        <Icon name="lineage" />
        Lineage
      </Link>
    </div>
  );
}

function ThemeButton() {
  const { toggleColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const dark = scheme === "dark";
  return (
    <IconButton
      icon={dark ? "sun" : "moon"}
      label={dark ? "Light colours" : "Dark colours"}
      hint="global.theme"
      onClick={toggleColorScheme}
    />
  );
}

function UserMenu({ name, role, queries }: { name: string; role: string; queries: QueryClient }) {
  const navigate = useNavigate();
  const version = useQuery(healthQuery).data?.version;
  const leave = async () => {
    await signOut(queries).catch(() => undefined);
    await navigate({ to: "/login", search: {} });
  };
  return (
    <Menu position="top-start" width={200}>
      <Menu.Target>
        <button type="button" className={classes.user}>
          <Icon name="account" />
          <span className="cut">{name}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {role}
          {version && ` · Checkdam ${version}`}
        </Menu.Label>
        <Menu.Item onClick={() => void navigate({ to: "/account" })}>Account</Menu.Item>
        <Menu.Item onClick={() => void leave()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
