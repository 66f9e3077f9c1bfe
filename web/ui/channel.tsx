/** A channel: a dot of its own hue and its name. The name carries the meaning, the colour only helps the eye. */
import type { Channel } from "../../src/events/model.ts";
import classes from "./channel.module.css";
import { CHANNEL_WORDS } from "./words.ts";

/** The words of a channel; one this app does not know yet is shown by its code. */
export const channelWords = (channel: string) =>
  CHANNEL_WORDS[channel as Channel] ?? { label: channel, hue: 0 };

/** The channel's dot and name. */
export function ChannelTag({ channel }: { channel: string }) {
  const { label, hue } = channelWords(channel);
  return (
    <span className={classes["tag"]}>
      <Dot hue={hue} />
      {label}
    </span>
  );
}

/** A dot of a hue; grey where the hue is 0. */
export function Dot({ hue }: { hue: number }) {
  const saturation = hue === 0 ? 4 : 62;
  return (
    <span
      aria-hidden="true"
      className={classes["dot"]}
      style={{ background: `hsl(${hue} ${saturation}% 52%)` }}
    />
  );
}

/** A few channels in a row, the rest as a number with their names to read. */
export function ChannelTags({ channels, most = 3 }: { channels: readonly string[]; most?: number }) {
  const rest = channels.slice(most);
  return (
    <span className={classes["tags"]}>
      {channels.slice(0, most).map((channel) => (
        <ChannelTag key={channel} channel={channel} />
      ))}
      {rest.length > 0 && (
        <span className="quiet" title={rest.map((channel) => channelWords(channel).label).join(", ")}>
          +{rest.length}
        </span>
      )}
    </span>
  );
}
