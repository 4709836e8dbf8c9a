import { Button, Modal, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { plural } from "@/core/format";
import { useShortcuts } from "@/core/keyboard";
import classes from "./DismissDialog.module.css";
import { KeyCap } from "./Keys";

export const REASONS = [
  "Correct as it is",
  "Intended in this dataset",
  "Too minor to matter",
  "To be corrected at the source",
  "The rule is wrong here",
] as const;

interface DismissDialogProps {
  opened: boolean;
  /** Name of the rule where all the findings are of one. */
  rule: string | null;
  count: number;
  onClose: () => void;
  onReason: (reason: string) => void;
}

/** A reason for dismissing: one of five by a digit, or in one's own words. */
export function DismissDialog({ opened, rule, count, onClose, onReason }: DismissDialogProps) {
  const [text, setText] = useState("");
  const choose = (reason: string) => {
    setText("");
    onClose();
    onReason(reason);
  };
  const keys = Object.fromEntries(REASONS.map((reason, i) => [`reason${i + 1}`, () => choose(reason)]));
  useShortcuts("dismiss", keys, { exclusive: true, enabled: opened });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) choose(text.trim());
  };
  const what = count === 1 && rule ? `this ${rule}` : plural(count, "finding");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Dismiss ${what}: why?`}
      size="sm"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className={classes.reasons}>
        {REASONS.map((reason, i) => (
          <button
            key={reason}
            type="button"
            className={classes.reason}
            data-autofocus={i === 0 || undefined}
            onClick={() => choose(reason)}
          >
            {reason}
            <KeyCap keys={String(i + 1)} />
          </button>
        ))}
      </div>
      <form onSubmit={submit} className={classes.other}>
        <Textarea
          size="xs"
          autosize
          minRows={2}
          maxLength={2000}
          aria-label="Another reason"
          placeholder="Another reason"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
          }}
        />
        <Button type="submit" variant="default" disabled={!text.trim()}>
          Dismiss
        </Button>
      </form>
    </Modal>
  );
}
