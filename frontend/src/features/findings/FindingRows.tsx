import { useEffect, useRef } from "react";
import type { Finding } from "@/api/types";
import type { Colors } from "@/core/color";
import { Crop } from "@/ui/Crop";
import { Icon } from "@/ui/icons";
import { SeverityMark } from "@/ui/Severity";
import { StateTag } from "@/ui/StateTag";
import { Swatch } from "@/ui/Swatch";
import { useRows } from "@/ui/useRows";
import { useSize } from "@/ui/useSize";
import classes from "./FindingRows.module.css";
import { struckIds, subjectOn } from "./subjects";
import type { FindingList } from "./useFindingList";
import type { Selection } from "./useSelection";

const ROW = 68;

interface FindingRowsProps {
  list: FindingList;
  current: number;
  selection: Selection;
  colors: Colors;
  onCurrent: (row: number) => void;
  onOpen: (finding: Finding) => void;
  onToggle: (row: number, extend: boolean) => void;
}

/** The virtual list. The list itself has the focus; the current row is its active descendant. */
export function FindingRows(props: FindingRowsProps) {
  const { list, current, selection } = props;
  const frame = useRef<HTMLDivElement>(null);
  const { height } = useSize(frame);
  const rows = useRows(frame, list.findings.length, ROW, height, 6);
  const { sees } = list;
  const { reveal } = rows;
  useEffect(() => sees(rows.last), [sees, rows.last]);
  useEffect(() => reveal(current), [reveal, current]);
  const active = list.findings[current];
  return (
    <div
      ref={frame}
      className={classes.frame}
      role="listbox"
      aria-label="Findings"
      aria-multiselectable="true"
      aria-activedescendant={active ? `finding-${active.id}` : undefined}
      tabIndex={0}
    >
      <div style={{ height: rows.height }} className={classes.track} role="presentation">
        {list.findings.slice(rows.first, rows.last).map((finding, i) => (
          <Row
            key={finding.id}
            {...props}
            finding={finding}
            row={rows.first + i}
            top={rows.offset + i * ROW}
            chosen={selection.has(finding)}
          />
        ))}
      </div>
      {list.loadingMore && <div className={classes.more}>Loading more…</div>}
    </div>
  );
}

interface RowProps extends FindingRowsProps {
  finding: Finding;
  row: number;
  top: number;
  chosen: boolean;
}

function Row({ finding, row, top, chosen, ...props }: RowProps) {
  const item = finding.item;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has keys: j, k, x, Enter
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, this is its active descendant
    <div
      id={`finding-${finding.id}`}
      className={classes.row}
      role="option"
      aria-selected={chosen}
      aria-posinset={row + 1}
      aria-setsize={props.list.total}
      data-current={row === props.current || undefined}
      data-chosen={chosen || undefined}
      data-finding={finding.id}
      style={{ transform: `translateY(${top}px)`, height: ROW }}
      onClick={(event) => (event.shiftKey ? props.onToggle(row, true) : props.onCurrent(row))}
      onDoubleClick={() => props.onOpen(finding)}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a larger target for the mouse; by key it is x */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <span
        className={classes.pick}
        onClick={(event) => {
          event.stopPropagation();
          props.onToggle(row, event.shiftKey);
        }}
      >
        <span className={classes.check}>{chosen && <Icon name="check" size={11} />}</span>
      </span>
      <span className={classes.crop} aria-hidden="true">
        {item?.kind === "text" && <Icon name="rules" size={18} />}
        {item && item.kind !== "text" && (
          <Crop
            item={item}
            annotations={subjectOn(finding, item.id)}
            colors={props.colors}
            struck={struckIds(finding)}
            pixels={52}
          />
        )}
      </span>
      <span className={classes.text}>
        <span className={classes.first}>
          <SeverityMark severity={finding.severity} size={13} />
          <span className={classes.rule}>{finding.rule}</span>
          {finding.label !== null && (
            <span className={classes.label}>
              <Swatch color={props.colors(finding.label)} />
              {finding.label}
            </span>
          )}
          {finding.state !== "open" && <StateTag state={finding.state} />}
        </span>
        <span className={classes.message}>{finding.message}</span>
        <span className={classes.where}>{item?.name ?? finding.location}</span>
      </span>
    </div>
  );
}
