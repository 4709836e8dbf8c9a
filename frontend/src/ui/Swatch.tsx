import classes from "./Swatch.module.css";

/** A label's colour beside its name. */
export function Swatch({ color }: { color: string }) {
  return (
    <svg className={classes.swatch} width="10" height="10" aria-hidden="true">
      <rect width="10" height="10" rx="3" fill={color} />
    </svg>
  );
}
