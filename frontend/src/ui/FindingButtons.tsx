import { Button } from "@mantine/core";
import type { Finding } from "@/api/types";
import { Hint } from "./Keys";
import type { Decisions } from "./useDecisions";

interface FindingButtonsProps {
  scope: "item" | "findings";
  finding: Finding;
  decisions: Decisions;
  onDismiss: () => void;
}

/** What can be decided on a finding, given its state. */
export function FindingButtons({ scope, finding, decisions, onDismiss }: FindingButtonsProps) {
  if (finding.state === "fixed" || finding.state === "gone") return null;
  if (finding.state !== "open") {
    return (
      <Hint id={scope === "findings" ? "findings.reopen" : undefined} label="Open again">
        <Button variant="default" size="compact-sm" onClick={() => decisions.reopen([finding])}>
          Reopen
        </Button>
      </Hint>
    );
  }
  return (
    <>
      <Hint
        id={`${scope}.accept`}
        label={finding.fix ? "Accept the fix" : "There is no automatic fix: correct the source, or dismiss"}
      >
        <Button size="compact-sm" disabled={!finding.fix} onClick={() => decisions.accept([finding])}>
          Accept fix
        </Button>
      </Hint>
      <Hint id={`${scope}.dismiss`} label="Dismiss with a reason">
        <Button variant="default" size="compact-sm" onClick={onDismiss}>
          Dismiss
        </Button>
      </Hint>
    </>
  );
}
