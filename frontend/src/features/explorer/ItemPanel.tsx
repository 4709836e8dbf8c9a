import { ActionIcon } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Annotation, Finding, ItemDetail } from "@/api/types";
import type { Colors } from "@/core/color";
import { placeWords } from "@/core/describe";
import { count, duration, plural, title, value } from "@/core/format";
import { FindingButtons } from "@/ui/FindingButtons";
import { Icon } from "@/ui/icons";
import { SeverityMark } from "@/ui/Severity";
import { StateTag } from "@/ui/StateTag";
import { Swatch } from "@/ui/Swatch";
import type { Decisions } from "@/ui/useDecisions";
import type { Look } from "./ItemPage";
import classes from "./ItemPanel.module.css";

interface ItemPanelProps {
  dataset: string;
  detail: ItemDetail;
  colors: Colors;
  look: Look;
  decisions: Decisions;
  onDismiss: () => void;
}

export function ItemPanel(props: ItemPanelProps) {
  const { detail } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard
    <aside className={classes.panel} aria-label="About this item" tabIndex={0}>
      {detail.findings.length > 0 && (
        <section className={classes.section}>
          <h2 className={classes.heading}>
            Findings <span className="dim">{detail.findings.length}</span>
          </h2>
          <ul className={classes.list}>
            {detail.findings.map((finding) => (
              <FindingLine key={finding.id} finding={finding} {...props} />
            ))}
          </ul>
        </section>
      )}
      <AnnotationList {...props} />
      <Facts detail={detail} />
    </aside>
  );
}

function FindingLine({ finding, look, decisions, onDismiss }: ItemPanelProps & { finding: Finding }) {
  const shown = look.finding === finding.id;
  return (
    <li className={classes.finding} data-shown={shown || undefined}>
      <button
        type="button"
        className={classes.findingButton}
        aria-pressed={shown}
        onClick={() => look.showFinding(shown ? null : finding.id)}
      >
        <SeverityMark severity={finding.severity} />
        <span className="grow">
          <span className={classes.rule}>{finding.rule}</span>
          <span className={classes.message}>{finding.message}</span>
        </span>
        {finding.state !== "open" && <StateTag state={finding.state} />}
      </button>
      {shown && (
        <div className={classes.actions}>
          <FindingButtons scope="item" finding={finding} decisions={decisions} onDismiss={onDismiss} />
          <Link to="/rules/$rule" params={{ rule: finding.rule }} className="link">
            Why?
          </Link>
        </div>
      )}
    </li>
  );
}

function byLabel(annotations: readonly Annotation[]): [string, Annotation[]][] {
  const groups = new Map<string, Annotation[]>();
  for (const annotation of annotations)
    groups.set(annotation.label, [...(groups.get(annotation.label) ?? []), annotation]);
  return [...groups];
}

function AnnotationList({ dataset, detail, colors, look }: ItemPanelProps) {
  const { annotations } = detail;
  return (
    <section className={classes.section}>
      <h2 className={classes.heading}>
        Annotations <span className="dim">{count(annotations.length)}</span>
      </h2>
      {annotations.length === 0 && <p className={classes.none}>This item has no annotations.</p>}
      {byLabel(annotations).map(([label, group]) => {
        const hidden = look.hidden.has(label) || look.allHidden;
        return (
          <div key={label}>
            <div className={classes.label}>
              <Swatch color={colors(label)} />
              <Link
                to="/datasets/$dataset"
                params={{ dataset }}
                search={{ label: [label] }}
                className={classes.labelName}
              >
                {label}
              </Link>
              <span className="dim num">{group.length}</span>
              <ActionIcon
                size="sm"
                aria-label={hidden ? `Show ${label}` : `Hide ${label}`}
                aria-pressed={hidden}
                onClick={() => look.toggleLabel(label)}
              >
                <Icon name={hidden ? "eyeOff" : "eye"} size={14} />
              </ActionIcon>
            </div>
            <ul className={classes.list} data-hidden={hidden || undefined}>
              {group.map((annotation) => (
                <AnnotationLine key={annotation.id} annotation={annotation} look={look} text={detail.item.text} />
              ))}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

function AnnotationLine({ annotation, look, text }: { annotation: Annotation; look: Look; text: string | null }) {
  const line = useRef<HTMLButtonElement>(null);
  const selected = look.selected === annotation.id;
  useEffect(() => {
    if (selected) line.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const attributes = Object.entries(annotation.attributes);
  return (
    <li>
      <button
        type="button"
        ref={line}
        className={classes.annotation}
        aria-pressed={selected}
        data-hovered={look.hovered === annotation.id || undefined}
        onPointerEnter={() => look.hover(annotation.id)}
        onPointerLeave={() => look.hover(null)}
        onClick={() => look.select(selected ? null : annotation.id)}
      >
        <span className="num cut">
          <span className="hidden">{annotation.label}: </span>
          {placeWords(annotation, text)}
        </span>
        {!selected && attributes.length > 0 && (
          <span className={classes.attributes}>
            {attributes.map(([name, data]) => `${name} ${value(data)}`).join(" · ")}
          </span>
        )}
        {selected && (
          <span className={classes.more}>
            {attributes.map(([name, data]) => (
              <span key={name}>
                <span className="dim">{name}</span> {value(data)}
              </span>
            ))}
            {annotation.origin && <span className="mono dim">{annotation.origin}</span>}
          </span>
        )}
      </button>
    </li>
  );
}

function Facts({ detail }: { detail: ItemDetail }) {
  const { item } = detail;
  const facts: [string, string][] = [];
  if (item.width && item.height) facts.push(["Size", `${item.width} × ${item.height} px`]);
  if (item.duration !== null) facts.push(["Duration", duration(item.duration)]);
  if (item.sample_rate) facts.push(["Sample rate", `${count(item.sample_rate)} Hz`]);
  if (item.split) facts.push(["Split", item.split]);
  facts.push(["Version", String(detail.version)]);
  if (item.origin) facts.push(["Origin", item.origin]);
  if (item.source_id) facts.push(["Source id", item.source_id]);
  if (item.blob) facts.push(["SHA-256", item.blob]);
  const metadata = Object.entries(item.metadata);
  return (
    <section className={classes.section}>
      <h2 className={classes.heading}>Details</h2>
      <dl className={classes.facts}>
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={name === "SHA-256" ? "mono" : undefined}>{text}</dd>
          </div>
        ))}
      </dl>
      {metadata.length > 0 && (
        <>
          <h3 className={classes.subheading}>{plural(metadata.length, "metadata field")}</h3>
          <dl className={classes.facts}>
            {metadata.map(([name, data]) => (
              <div key={name}>
                <dt>{title(name)}</dt>
                <dd>{value(data)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
