/** The receipt as the customer reads it: why this message came, in plain words, and what they can do about it. Pure. */
import { customerPage, paragraph, section } from "./customer-page.ts";
import { escaped } from "./mail-body.ts";
import type { Speech } from "./page-words.ts";
import { type ReceiptRow, CHANNEL_WORDS, wordsOf } from "./receipt.ts";

/** Where the customer can go from here. `unsubscribe` null: it is about something they asked for. */
export type FromHere = { readonly preferences: string; readonly unsubscribe: string | null };

export function receiptPage(
  speech: Speech,
  workspace: string,
  row: ReceiptRow & { readonly subject: string | null },
  { preferences, unsubscribe }: FromHere,
): string {
  const { say } = speech;
  const about = row.subject === null ? "" : paragraph(say('It is about the {what} "{subject}".', { what: say(CHANNEL_WORDS[row.channel]), subject: row.subject }), "quiet"); // prettier-ignore
  const parts = wordsOf(row, speech).map(({ question, sentences }) =>
    section(
      question,
      sentences.length > 2
        ? `<ul>${sentences.map((one) => `<li>${escaped(one)}</li>`).join("")}</ul>`
        : sentences.map((one) => paragraph(one)).join(""),
    ),
  );
  const end =
    unsubscribe === null
      ? ""
      : `<a href="${escaped(unsubscribe)}">${escaped(say("Unsubscribe from these messages"))}</a>`;
  return customerPage(
    speech,
    workspace,
    say("Why did you get this message?"),
    `${about}${parts.join("")}<nav><a href="${escaped(preferences)}">${escaped(say("Choose what you get"))}</a>${end}</nav>`,
  );
}
