import { ActionIcon, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { meQuery } from "@/api/queries";
import type { DatasetDetail } from "@/api/types";
import { may } from "@/core/roles";
import { Icon } from "@/ui/icons";
import { DeleteDialog } from "./DeleteDialog";
import { ExportDialog } from "./ExportDialog";

/** What can be done with a dataset as a whole, for those who may. */
export function DatasetMenu({ dataset }: { dataset: DatasetDetail }) {
  const me = useQuery(meQuery).data;
  const [open, setOpen] = useState<"export" | "delete" | null>(null);
  const close = () => setOpen(null);
  if (!may(me?.role, "run")) return null;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={`More for ${dataset.name}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="download" size={14} />} onClick={() => setOpen("export")}>
            Export…
          </Menu.Item>
          {may(me?.role, "administer") && (
            <Menu.Item
              leftSection={<Icon name="trash" size={14} />}
              color="var(--cd-error)"
              onClick={() => setOpen("delete")}
            >
              Delete the dataset…
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <ExportDialog dataset={dataset} opened={open === "export"} onClose={close} />
      <DeleteDialog dataset={dataset} opened={open === "delete"} onClose={close} />
    </>
  );
}
