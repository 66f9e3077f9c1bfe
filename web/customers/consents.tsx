/** What a customer allows, in a word: for the header, and answer by answer in the facts. */
import type { CustomerDocument } from "../../src/customers/document.ts";
import { Ago } from "../ui/time.tsx";
import { Dot } from "../ui/channel.tsx";
import classes from "./facts.module.css";

type Consents = CustomerDocument["consents"];
/** The answers taken together: all yes, all no, some of each, or nobody asked. */
export type ConsentSummary = "granted" | "denied" | "mixed" | "unknown";

/** The summary of the answers in force. */
export function consentSummary(consents: Consents): ConsentSummary {
  const answers = new Set(consents.map(({ answer }) => answer));
  if (answers.size === 0) return "unknown";
  if (answers.size === 2) return "mixed";
  return answers.has("granted") ? "granted" : "denied";
}

const WORDS: { readonly [summary in ConsentSummary]: { label: string; hue: number } } = {
  granted: { label: "Allowed", hue: 150 },
  denied: { label: "Not allowed", hue: 5 },
  mixed: { label: "In part", hue: 42 },
  unknown: { label: "Not asked", hue: 0 },
};

/** The summary as a dot and a word. */
export function ConsentWord({ summary }: { summary: ConsentSummary }) {
  const { label, hue } = WORDS[summary];
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: "0.4rem" }}>
      <Dot hue={hue} />
      {label}
    </span>
  );
}

const CHANNEL: { readonly [channel: string]: string } = {
  all: "Every channel",
  mail: "Post",
  sms: "SMS",
  whatsapp: "WhatsApp",
};
const SOURCE = {
  gpc: "the browser's privacy signal",
  event: "an event",
  unsubscribe: "an unsubscribe",
} as const;
const sourceWords = (source: string): string => SOURCE[source as keyof typeof SOURCE] ?? source;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Each answer, with where it came from. */
export function ConsentList({ consents }: { consents: Consents }) {
  return (
    <ul className={classes["list"]}>
      {consents.map(({ channel, purpose, answer, at, source }) => (
        <li key={`${channel} ${purpose}`}>
          <div className={classes["line"]}>
            <span>
              {CHANNEL[channel] ?? capital(channel)}, {purpose}
            </span>
            <ConsentWord summary={answer} />
          </div>
          <div className={classes["small"]}>
            by {sourceWords(source)}, <Ago at={at} />
          </div>
        </li>
      ))}
    </ul>
  );
}
