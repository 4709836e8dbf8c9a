import { ActionIcon, type ActionIconProps, Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { keyCaps, shortcut } from "@/core/shortcuts";
import { Icon, type IconName } from "./icons";
import classes from "./Keys.module.css";

const isMac = () => /mac|iphone|ipad/i.test(navigator.platform);

/** One key or sequence, as key caps. */
export function KeyCap({ keys }: { keys: string }) {
  return (
    <span className={classes.caps}>
      {keyCaps(keys, isMac()).map((cap, index) =>
        cap === "then" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the caps of one key never change
          <span key={index} className={classes.then}>
            then
          </span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the caps of one key never change
          <kbd key={index} className={classes.cap}>
            {cap}
          </kbd>
        ),
      )}
    </span>
  );
}

/** A tooltip that says what a control does and by which key. */
export function Hint({ id, label, children }: { id?: string; label?: string; children: ReactNode }) {
  const known = id ? shortcut(id) : null;
  return (
    <Tooltip
      events={{ hover: true, focus: true, touch: false }}
      label={
        <span className={classes.hint}>
          {label ?? known?.description}
          {known?.keys[0] && <KeyCap keys={known.keys[0]} />}
        </span>
      }
    >
      <span className={classes.wrap}>{children}</span>
    </Tooltip>
  );
}

interface IconButtonProps extends ActionIconProps {
  icon: IconName;
  label: string;
  hint?: string;
  onClick: () => void;
  pressed?: boolean;
}

/** A small button with an icon, a name, and a tooltip that shows its key. */
export function IconButton({ icon, label, hint, onClick, pressed, ...rest }: IconButtonProps) {
  return (
    <Hint id={hint} label={label}>
      <ActionIcon aria-label={label} aria-pressed={pressed} onClick={onClick} {...rest}>
        <Icon name={icon} />
      </ActionIcon>
    </Hint>
  );
}
