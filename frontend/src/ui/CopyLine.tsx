import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import classes from "./CopyLine.module.css";
import { Icon } from "./icons";

/** A line of text to take along: a command, a key, a link. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.line}>
      <code className={classes.code}>{text}</code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? "Copied" : "Copy"}>
            <ActionIcon aria-label={`Copy ${label}`} size="sm" onClick={copy}>
              <Icon name={copied ? "check" : "copy"} size={14} />
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </div>
  );
}
