import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ruleRatesQuery } from "@/api/queries";
import type { Finding, ItemCard } from "@/api/types";
import type { Colors } from "@/core/color";
import { ago, sentence, title, value } from "@/core/format";
import { shareWords } from "@/core/rates";
import { Crop } from "@/ui/Crop";
import { FindingButtons } from "@/ui/FindingButtons";
import { Icon } from "@/ui/icons";
import { IconButton } from "@/ui/Keys";
import { SeverityMark } from "@/ui/Severity";
import { StateTag } from "@/ui/StateTag";
import type { Decisions } from "@/ui/useDecisions";
import classes from "./FindingDetail.module.css";
import { struckIds, subjectOn } from "./subjects";

interface FindingDetailProps {
  dataset: string;
  finding: Finding;
  colors: Colors;
  decisions: Decisions;
  zoomed: boolean;
  onZoom: () => void;
  onDismiss: () => void;
}

/** The evidence large, what would be done about it, and the numbers behind it. */
export function FindingDetail(props: FindingDetailProps) {
  const { dataset, finding } = props;
  return (
    <section className={classes.detail} data-zoomed={props.zoomed || undefined} aria-label="The finding shown">
      <header className={classes.header}>
        <SeverityMark severity={finding.severity} />
        <Link to="/rules/$rule" params={{ rule: finding.rule }} className={classes.rule}>
          {finding.rule}
        </Link>
        <NoisyMark rule={finding.rule} />
        {finding.state !== "open" && <StateTag state={finding.state} />}
        <span className={classes.zoomButton}>
          <IconButton
            icon={props.zoomed ? "close" : "fit"}
            label={props.zoomed ? "Back to the list" : "Enlarge the crop"}
            hint="findings.zoom"
            onClick={props.onZoom}
          />
        </span>
      </header>
      <Evidence {...props} />
      <div className={classes.body}>
        <p className={classes.message}>{finding.message}</p>
        {finding.fix && (
          <p className={classes.fix}>
            <Icon name="check" size={14} />
            <span>
              {sentence(finding.fix.description)}
              {finding.fix.safe && <span className="dim"> (safe)</span>}
            </span>
          </p>
        )}
        <div className={classes.buttons}>
          <FindingButtons scope="findings" finding={finding} decisions={props.decisions} onDismiss={props.onDismiss} />
        </div>
        <FindingFacts dataset={dataset} finding={finding} />
      </div>
    </section>
  );
}

/** Says of a rule that is wrong more often than right that it is, and leads to what people decided. */
function NoisyMark({ rule }: { rule: string }) {
  const rate = useQuery(ruleRatesQuery).data?.find((one) => one.rule === rule);
  if (!rate?.noisy) return null;
  return (
    <Link
      to="/rules/$rule"
      params={{ rule }}
      className={classes.noisy}
      title={`${shareWords(rate)}: ${rate.hint ?? ""}`}
    >
      noisy
    </Link>
  );
}

function ItemLink({
  dataset,
  item,
  finding,
  children,
}: {
  dataset: string;
  item: ItemCard;
  finding: string;
  children: ReactNode;
}) {
  return (
    <Link
      to="/datasets/$dataset/items/$item"
      params={{ dataset, item: item.id }}
      search={{ finding }}
      className={classes.itemLink}
    >
      {children}
    </Link>
  );
}

const MOST_ITEMS = 6;

/** One crop for each item of the finding: two side by side for a pair of duplicates. */
function Evidence({ dataset, finding, colors, zoomed }: FindingDetailProps) {
  const items = finding.items.length ? finding.items : finding.item ? [finding.item] : [];
  const shown = items.slice(0, MOST_ITEMS);
  if (shown.length === 0) return null;
  const single = shown.length === 1;
  return (
    <div className={classes.evidence} data-count={Math.min(shown.length, 2)}>
      {shown.map((item) => (
        <figure key={item.id} className={classes.figure}>
          <div className={classes.crop} data-kind={item.kind}>
            <Crop
              item={item}
              annotations={subjectOn(finding, item.id)}
              colors={colors}
              struck={struckIds(finding)}
              pixels={zoomed ? 512 : single ? 400 : 200}
              aspect={single ? 4 / 3 : 1}
              whole={finding.subject.kind === "item"}
              evidence={finding.evidence}
            />
          </div>
          <figcaption>
            <ItemLink dataset={dataset} item={item} finding={finding.id}>
              {item.name}
            </ItemLink>
          </figcaption>
        </figure>
      ))}
      {items.length > MOST_ITEMS && <p className="dim">and {items.length - MOST_ITEMS} more items</p>}
    </div>
  );
}

function FindingFacts({ dataset, finding }: { dataset: string; finding: Finding }) {
  const decided = finding.state === "open" ? null : `${ago(finding.updated_at)} by ${finding.updated_by}`;
  return (
    <dl className={classes.facts}>
      {finding.label !== null && (
        <div>
          <dt>Label</dt>
          <dd>
            <Link to="/datasets/$dataset" params={{ dataset }} search={{ label: [finding.label] }} className="link">
              {finding.label}
            </Link>
          </dd>
        </div>
      )}
      {finding.reason && (
        <div>
          <dt>Reason</dt>
          <dd>{finding.reason}</dd>
        </div>
      )}
      {Object.entries(finding.evidence).map(([name, data]) => (
        <div key={name}>
          <dt>{title(name)}</dt>
          <dd className="num">{value(data)}</dd>
        </div>
      ))}
      {finding.location && (
        <div>
          <dt>Where</dt>
          <dd className="mono">{finding.location}</dd>
        </div>
      )}
      <div>
        <dt>Versions</dt>
        <dd>
          {finding.first_version === finding.last_version
            ? finding.first_version
            : `${finding.first_version} to ${finding.last_version}`}
        </dd>
      </div>
      {decided && (
        <div>
          <dt>{title(finding.state)}</dt>
          <dd>{decided}</dd>
        </div>
      )}
    </dl>
  );
}
