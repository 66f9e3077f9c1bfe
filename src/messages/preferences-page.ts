/**
 * The pages on which a customer chooses: HTML that needs no script. Each box is labelled, what was shown is sent along, and
 * what changed is told at the top. Pure.
 */
import type { ConsentChannel } from "../consent/model.ts";
import type { Preferences } from "../permission/model.ts";
import { dayOfDate, localOf } from "../permission/zone.ts";
import type { Instant } from "../values.ts";
import { customerPage, paragraph, section } from "./customer-page.ts";
import { escaped } from "./mail-body.ts";
import type { Phrase, Speech } from "./page-words.ts";
import { type Cell, type Choices, timeOf } from "./preferences.ts";

/** What people call a channel of consent. */
const CONSENT_CHANNEL_WORDS: { readonly [channel in ConsentChannel]: Phrase } = {
  all: "Everything", email: "Email", sms: "Text messages", push: "Notifications", whatsapp: "WhatsApp", phone: "Calls", mail: "Letters", ads: "Advertising",
  web: "Messages on our site",
}; // prettier-ignore

/** What is shown. */
export type Shown = {
  readonly speech: Speech;
  readonly workspace: string;
  readonly choices: Choices;
  readonly cells: readonly Cell[];
  readonly preferences: Preferences;
  readonly zone: string;
  readonly now: Instant;
  /** What was just changed; null before anything was sent. */
  readonly changed: readonly string[] | null;
  readonly problems: readonly Phrase[];
};

/** What a purpose is called. */
export function purposeName(choices: Choices, purpose: string): string {
  const words = purpose.replaceAll("_", " ");
  return (
    choices.purposes.find((one) => one.purpose === purpose)?.name ??
    words.charAt(0).toUpperCase() + words.slice(1)
  );
}

/** The preference centre. */
export function preferencesPage(shown: Shown): string {
  const { workspace, cells, speech } = shown;
  const { say } = speech;
  const any = cells.some(({ on }) => on);
  const form =
    `<form method="post">${channelsPart(shown)}${topicsPart(shown)}${quietPart(shown)}${pausePart(shown)}` +
    `<p><button name="do" value="save">${escaped(say("Save my choices"))}</button></p></form>` +
    `<form method="post">${section(say("No more messages"), paragraph(say("This ends all of them at once, on every channel. What you asked us for (an order, an appointment) still reaches you.")) + (any ? "" : paragraph(say("You get none of our messages."), "quiet")) + `<p><button class="second" name="do" value="end">${escaped(say("Unsubscribe from everything"))}</button></p>`)}</form>`;
  return customerPage(speech, workspace, say("Your preferences"), `${toldPart(shown)}${form}`);
}

function toldPart({ changed, problems, speech: { say } }: Shown): string {
  if (problems.length > 0)
    return `<section role="alert"><h2>${escaped(say("Nothing was saved yet"))}</h2><ul>${problems.map((problem) => `<li>${escaped(say(problem))}</li>`).join("")}</ul></section>`;
  if (changed === null) return paragraph(say("Choose what you want to hear from us, and how. It holds from the next message on."), "quiet"); // prettier-ignore
  const list = changed.length === 0 ? paragraph(say("Everything stays as it was.")) : `<ul>${changed.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`; // prettier-ignore
  return `<section class="told" role="status"><h2>${escaped(say("Saved"))}</h2>${list}</section>`;
}

function channelsPart({ cells, choices, speech }: Shown): string {
  if (cells.length === 0) return section(speech.say("Channels"), paragraph(speech.say("We have no address of yours that we could write to.")));
  const channels = [...new Set(cells.map(({ channel }) => channel))];
  return channels.map((channel) => {
    const rows = cells.filter((cell) => cell.channel === channel).map((cell) => cellRow(cell, choices, speech));
    return `<fieldset><legend>${escaped(speech.say(CONSENT_CHANNEL_WORDS[channel]))}</legend>${rows.join("")}</fieldset>`;
  }).join("");
} // prettier-ignore

function cellRow({ channel, purpose, on, locked }: Cell, choices: Choices, { say }: Speech): string {
  const description = choices.purposes.find((one) => one.purpose === purpose)?.description ?? "";
  const value = escaped(`${channel} ${purpose}`);
  const note = locked === null ? description : say(locked);
  const box = `<input type="checkbox" name="on" value="${value}"${on ? " checked" : ""}${locked === null ? "" : " disabled"}>`;
  const words = `<span>${escaped(purposeName(choices, purpose))}${note === "" ? "" : `<br><span class="quiet">${escaped(note)}</span>`}</span>`;
  const sent = locked === null ? `<input type="hidden" name="shown" value="${value}">` : "";
  return `${sent}<label class="row">${box}${words}</label>`;
}

function topicsPart({ choices, preferences, speech: { say } }: Shown): string {
  if (choices.topics.length === 0) return "";
  const rows = choices.topics.map(({ tag, name, description }) => {
    const checked = preferences.declinedTopics.includes(tag) ? "" : " checked";
    const words = `<span>${escaped(name)}${description === "" ? "" : `<br><span class="quiet">${escaped(description)}</span>`}</span>`;
    return `<input type="hidden" name="topic_shown" value="${escaped(tag)}"><label class="row"><input type="checkbox" name="topic" value="${escaped(tag)}"${checked}>${words}</label>`;
  });
  return `<fieldset><legend>${escaped(say("Topics"))}</legend>${rows.join("")}</fieldset>`;
}

const choice = (name: string, value: string, words: string, checked: boolean): string =>
  `<label class="row"><input type="radio" name="${name}" value="${value}"${checked ? " checked" : ""}><span>${escaped(words)}</span></label>`;

function quietPart({ preferences: { quietHours }, zone, speech: { say } }: Shown): string {
  const [from, to] = quietHours ? [timeOf(quietHours.from), timeOf(quietHours.to)] : ["22:00", "08:00"];
  return (
    `<fieldset><legend>${escaped(say("Quiet hours"))}</legend>${paragraph(say("Times are those of your clock ({zone}).", { zone }), "quiet")}` +
    choice("quiet", "usual", say("Our usual quiet hours"), quietHours === null) +
    choice("quiet", "own", say("My own:"), quietHours !== null) +
    `<div class="fields"><label>${escaped(say("No messages from"))}<input type="time" name="from" value="${from}"></label><label>${escaped(say("until"))}<input type="time" name="to" value="${to}"></label></div></fieldset>`
  );
}

function pausePart({ preferences: { pausedUntil }, zone, now, speech: { say, day } }: Shown): string {
  const paused = pausedUntil !== null && pausedUntil > now;
  const until = paused ? dateOf(pausedUntil, zone) : "";
  return (
    `<fieldset><legend>${escaped(say("Take a break"))}</legend>` +
    choice("pause", "none", say("No break"), !paused) +
    (paused
      ? choice("pause", "keep", say("Keep my break until {day}", { day: day(pausedUntil, zone) }), true)
      : "") +
    choice("pause", "week", say("For a week"), false) +
    choice("pause", "month", say("For a month"), false) +
    choice("pause", "date", say("Until this date:"), false) +
    `<div class="fields"><label>${escaped(say("First day with messages again"))}<input type="date" name="until" value="${until}" min="${dateOf(now + 86_400_000, zone)}"></label></div></fieldset>`
  );
}

/** `2026-05-03`, as the customer's calendar shows it. */
function dateOf(at: Instant, zone: string): string {
  return new Date(dayOfDate(localOf(at, zone)) * 86_400_000).toISOString().slice(0, 10);
}
/** What changed, in sentences. */
export function changesOf({ say, day }: Speech, choices: Choices, before: { readonly cells: readonly Cell[]; readonly preferences: Preferences }, now: { readonly cells: readonly Cell[]; readonly preferences: Preferences; readonly zone: string }): readonly string[] {
  const lines = now.cells.flatMap(({ channel, purpose, on }) => {
    const held = before.cells.find((cell) => cell.channel === channel && cell.purpose === purpose);
    return held === undefined || held.on === on ? [] : [say(on ? "{what}: on" : "{what}: off", { what: `${say(CONSENT_CHANNEL_WORDS[channel])}, ${purposeName(choices, purpose)}` })];
  });
  for (const { tag, name } of choices.topics) {
    const [was, is] = [before.preferences, now.preferences].map(({ declinedTopics }) => declinedTopics.includes(tag));
    if (was !== is) lines.push(say(is ? "{what}: off" : "{what}: on", { what: name }));
  }
  const quiet = now.preferences.quietHours;
  if (JSON.stringify(quiet) !== JSON.stringify(before.preferences.quietHours))
    lines.push(quiet === null ? say("Quiet hours: our usual ones") : say("Quiet hours: from {from} until {to}", { from: timeOf(quiet.from), to: timeOf(quiet.to) }));
  const until = now.preferences.pausedUntil;
  if (until !== before.preferences.pausedUntil) lines.push(until === null ? say("Your break has ended") : say("No messages before {day}", { day: day(until, now.zone) }));
  return lines;
} // prettier-ignore

/** What an unsubscribe link is about. */
export type Ending = { readonly speech: Speech; readonly workspace: string; readonly what: string; readonly by: Phrase; readonly preferences: string }; // prettier-ignore

/** Asks before anything is done: programs follow links too. */
export const confirmPage = ({ speech, workspace, what, by, preferences }: Ending): string =>
  customerPage(
    speech,
    workspace,
    speech.say("Unsubscribe?"),
    `<section>${paragraph(speech.say("You will get no more messages of this kind by {by}: {what}.", { by: speech.say(by), what }))}` +
      `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><p><button>${escaped(speech.say("Unsubscribe"))}</button></p></form></section>` +
      `<nav><a href="${escaped(preferences)}">${escaped(speech.say("Choose what you get instead"))}</a></nav>`,
  );
/** Says that it was done. */
export const endedPage = ({ speech, workspace, what, by, preferences }: Ending): string =>
  customerPage(
    speech,
    workspace,
    speech.say("You are unsubscribed"),
    `<section class="told" role="status">${paragraph(speech.say("You get no more messages of this kind by {by}: {what}. This holds from now on.", { by: speech.say(by), what }))}</section>` +
      `<nav><a href="${escaped(preferences)}">${escaped(speech.say("Your preferences"))}</a></nav>`,
  );
