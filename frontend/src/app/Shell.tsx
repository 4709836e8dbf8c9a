import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useShortcuts } from "@/core/keyboard";
import { redoLast, undoLast } from "@/ui/steps";
import { HelpSheet } from "./HelpSheet";
import classes from "./Shell.module.css";
import { Sidebar } from "./Sidebar";

function useGlobalShortcuts(openHelp: () => void, dataset: string | undefined): void {
  const navigate = useNavigate();
  const { toggleColorScheme } = useMantineColorScheme();
  const inDataset = dataset ? { dataset } : null;
  useShortcuts("global", {
    help: openHelp,
    undo: () => void undoLast(),
    redo: () => void redoLast(),
    datasets: () => void navigate({ to: "/" }),
    jobs: () => void navigate({ to: "/jobs" }),
    rules: () => void navigate({ to: "/rules" }),
    account: () => void navigate({ to: "/account" }),
    theme: toggleColorScheme,
    explorer: inDataset ? () => void navigate({ to: "/datasets/$dataset", params: inDataset }) : undefined,
    findings: inDataset ? () => void navigate({ to: "/datasets/$dataset/findings", params: inDataset }) : undefined,
    versions: inDataset ? () => void navigate({ to: "/datasets/$dataset/versions", params: inDataset }) : undefined,
    lineage: inDataset ? () => void navigate({ to: "/datasets/$dataset/lineage", params: inDataset }) : undefined,
  });
}

export function Shell() {
  const [help, setHelp] = useState(false);
  const { dataset } = useParams({ strict: false });
  const queries = useQueryClient();
  useGlobalShortcuts(() => setHelp(true), dataset);
  return (
    <div className={classes.shell}>
      <a href="#main" className="skip">
        Skip to the content
      </a>
      <Sidebar dataset={dataset} queries={queries} onHelp={() => setHelp(true)} />
      <main id="main" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
      <HelpSheet opened={help} onClose={() => setHelp(false)} />
    </div>
  );
}
