/**
 * The foot of an email: who it is from, why it came, and how to end it. A template that shows the links itself is left as
 * it is; one that does not gets what the law asks for. Pure.
 */
import { beforeBodyEnd, escaped } from "./mail-body.ts";
import type { Speech } from "./page-words.ts";

/** Where the customer can go from a message. Absent for a preview. */
export type CustomerLinks = {
  readonly unsubscribe: string;
  readonly preferences: string;
  readonly receipt: string;
};
export type Foot = {
  readonly links: CustomerLinks;
  readonly workspace: { readonly name: string; readonly address: string | null };
  /** A message about an order or an appointment cannot be unsubscribed from. */
  readonly transactional: boolean;
};

const STYLE =
  "margin:0;padding:16px 24px 24px;font:12px/1.5 Arial,sans-serif;color:#595959;text-align:center";
const LINK = "color:#595959;text-decoration:underline";

type Line = { readonly words: string; readonly address: string };
function linesOf(
  { links, transactional }: Foot,
  { say }: Speech,
  shown: (address: string) => boolean,
): readonly Line[] {
  const lines = [
    ...(transactional ? [] : [{ words: say("Unsubscribe"), address: links.unsubscribe }, { words: say("Your preferences"), address: links.preferences }]),
    { words: say("Why did I get this?"), address: links.receipt },
  ]; // prettier-ignore
  return lines.filter(({ address }) => !shown(address));
}

/** The HTML with what is missing at its end. */
export function footedHtml(html: string, foot: Foot, speech: Speech): string {
  const lines = linesOf(foot, speech, (address) => html.includes(address) || html.includes(escaped(address)));
  if (lines.length === 0) return html;
  const { name, address } = foot.workspace;
  const from = [name, address].filter((part) => part !== null && part !== "" && !html.includes(escaped(part))).map((part) => escaped(part!)); // prettier-ignore
  const links = lines.map((line) => `<a href="${escaped(line.address)}" style="${LINK}">${escaped(line.words)}</a>`); // prettier-ignore
  const block = `<div style="${STYLE}">${[from.join(", "), links.join(" &#183; ")].filter((part) => part !== "").join("<br>")}</div>`; // prettier-ignore
  return beforeBodyEnd(html, block);
}

/** The text with what is missing at its end. */
export function footedText(text: string, foot: Foot, speech: Speech): string {
  const lines = linesOf(foot, speech, (address) => text.includes(address));
  if (lines.length === 0) return text;
  const { name, address } = foot.workspace;
  const from = [name, address].filter((part) => part !== null && part !== "" && !text.includes(part)).join(", "); // prettier-ignore
  return `${text}\n\n-- \n${from === "" ? "" : `${from}\n`}${lines.map((line) => `${line.words}: ${line.address}`).join("\n")}\n`; // prettier-ignore
}
