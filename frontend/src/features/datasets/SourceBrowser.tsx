import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { importEntriesQuery } from "@/api/queries";
import { Icon } from "@/ui/icons";
import classes from "./ImportDialog.module.css";

interface SourceBrowserProps {
  roots: readonly string[];
  /** Called with each folder that is looked into, and with an archive. */
  onChoose: (path: string) => void;
}

/** The folders and archives below the server's import roots. */
export function SourceBrowser({ roots, onChoose }: SourceBrowserProps) {
  const [folder, setFolder] = useState("");
  const query = useQuery({ ...importEntriesQuery(folder), enabled: folder !== "", retry: false });
  const entries =
    folder === "" ? roots.map((root) => ({ name: root, path: root, kind: "folder" })) : query.data?.entries;
  const open = (path: string) => {
    setFolder(path);
    onChoose(path);
  };
  return (
    <div className={classes.browser}>
      {folder !== "" && (
        <button type="button" className={classes.entry} onClick={() => open(parentOf(folder, roots))}>
          <Icon name="left" size={14} /> Back
        </button>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard */}
      <ul className={classes.entries} aria-label="Folders and archives" tabIndex={0}>
        {entries?.map(({ name, path, kind }) => (
          <li key={path}>
            <button
              type="button"
              className={classes.entry}
              onClick={() => (kind === "folder" ? open(path) : onChoose(path))}
            >
              <Icon name={kind === "folder" ? "folder" : "archive"} size={14} />
              <span className="cut">{name}</span>
            </button>
          </li>
        ))}
      </ul>
      {entries?.length === 0 && <p className="dim">There are no folders or archives in it.</p>}
      {query.data?.more && <p className="dim">There are more; type the path of another.</p>}
    </div>
  );
}

/** The folder above; the list of roots above a root, or above anything that is below none. */
export function parentOf(path: string, roots: readonly string[]): string {
  const trimmed = path.replace(/\/+$/, "");
  const parent = trimmed.slice(0, Math.max(0, trimmed.lastIndexOf("/")));
  const below = (root: string) => parent === root || parent.startsWith(`${root.replace(/\/+$/, "")}/`);
  return roots.some(below) ? parent : "";
}

const ARCHIVE = /\.(zip|tar|tar\.gz|tgz|tar\.bz2|tbz2)$/i;

/** What a dataset of that path is called where nobody says: its last part, without an archive's ending. */
export function nameOf(path: string): string {
  return (path.replace(/\/+$/, "").split("/").at(-1) ?? "").replace(ARCHIVE, "");
}
