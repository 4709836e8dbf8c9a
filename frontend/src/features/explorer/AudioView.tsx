import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { waveQuery } from "@/api/queries";
import type { Annotation, ItemFull } from "@/api/types";
import type { Colors } from "@/core/color";
import { clock, secondsOf } from "@/core/describe";
import { soundMarks } from "@/core/evidence";
import { count } from "@/core/format";
import { useShortcuts } from "@/core/keyboard";
import { ticks } from "@/core/wave";
import { IconButton } from "@/ui/Keys";
import { originalUrl } from "@/ui/media";
import { EmptyState } from "@/ui/States";
import { WaveOutline } from "@/ui/Wave";
import classes from "./AudioView.module.css";
import type { Marks } from "./ImageView";
import { Segments } from "./Segments";
import { type Player, usePlayer } from "./usePlayer";
import { WholeLabels } from "./WholeLabels";

export interface SoundViewProps {
  item: ItemFull;
  annotations: readonly Annotation[];
  colors: Colors;
  marks: Marks;
  evidence: Readonly<Record<string, unknown>>;
  onHover: (id: string | null) => void;
  onSelect: (id: string | null) => void;
  onReady: () => void;
}

/** A sound: its outline with the segments on it, and a player. */
export function AudioView(props: SoundViewProps) {
  const { item, onReady } = props;
  useEffect(() => {
    if (!item.blob) onReady();
  }, [item.blob, onReady]);
  if (!item.blob) return <EmptyState icon="eyeOff" title="The file of this item is missing" />;
  return <SoundView {...props} blob={item.blob} />;
}

function SoundView({ blob, ...props }: SoundViewProps & { blob: string }) {
  const { item, annotations, colors, evidence, onReady } = props;
  const query = useQuery(waveQuery(blob, 2048));
  const wave = query.data;
  const settled = !query.isPending;
  useEffect(() => {
    if (settled) onReady();
  }, [settled, onReady]);
  const player = usePlayer(item.id, wave?.duration ?? item.duration ?? 0);
  const evidenceMarks = useMemo(() => soundMarks(evidence, player.duration), [evidence, player.duration]);
  useShortcuts("item", { play: player.toggle });
  const chosen = annotations.find((one) => one.id === props.marks.selected);
  const { seek } = player;
  useEffect(() => {
    const seconds = chosen && secondsOf(chosen);
    if (seconds) seek(seconds.start);
  }, [chosen, seek]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region has to be reachable by keyboard
    <div className={classes.frame} tabIndex={0}>
      <audio ref={player.audio} src={originalUrl(blob)} preload="metadata" {...player.events} />
      <WholeLabels annotations={annotations} colors={colors} marks={props.marks} onSelect={props.onSelect} />
      <div className={classes.sheet}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the slider below does the same by keyboard */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the slider below does the same by keyboard */}
        <div
          className={classes.wave}
          onClick={(event) => {
            const { left, width } = event.currentTarget.getBoundingClientRect();
            player.seek(((event.clientX - left) / width) * player.duration);
          }}
        >
          {wave && <WaveOutline wave={wave} marks={evidenceMarks} />}
          {query.isError && <span className={classes.none}>The outline of this sound cannot be drawn</span>}
        </div>
        <Ruler duration={player.duration} />
        <Segments {...props} player={player} />
        <span className={classes.head} ref={player.head} aria-hidden="true" />
      </div>
      <Controls player={player} />
      <p className={classes.facts}>
        {clock(player.duration)}
        {wave && ` · ${count(wave.sample_rate)} Hz · ${wave.channels === 1 ? "mono" : `${wave.channels} channels`}`}
      </p>
      {player.failed && (
        <p role="alert" className={classes.facts}>
          This browser cannot play this sound.{" "}
          <a href={originalUrl(blob)} className="link" download={item.name.split("/").at(-1)}>
            Download it
          </a>
        </p>
      )}
    </div>
  );
}

function Ruler({ duration }: { duration: number }) {
  return (
    <div className={classes.ruler} aria-hidden="true">
      {ticks(duration, 10).map((at) => (
        <span key={at} style={{ left: `${(100 * at) / Math.max(duration, 1e-9)}%` }}>
          {clock(at).replace(/\.00$/, "")}
        </span>
      ))}
    </div>
  );
}

function Controls({ player }: { player: Player }) {
  return (
    <div className={classes.controls}>
      <IconButton
        icon={player.playing ? "pause" : "play"}
        label={player.playing ? "Pause" : "Play"}
        hint="item.play"
        size="lg"
        disabled={player.failed}
        onClick={player.toggle}
      />
      <span className={classes.clock} ref={player.clock}>
        {clock(0)}
      </span>
      <input
        ref={player.slider}
        type="range"
        className={classes.slider}
        aria-label="Position in seconds"
        min={0}
        max={Math.max(player.duration, 0.01)}
        step={0.01}
        defaultValue={0}
        onChange={(event) => player.seek(Number(event.currentTarget.value))}
      />
    </div>
  );
}
