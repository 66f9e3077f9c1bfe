/** Contact data for somebody who may not see it whole: enough to ask "is it the one that ends in 67?". Pure. */
import type { IdentifierKind } from "../identity/model.ts";
import type { Reach } from "./model.ts";

const DOTS = "•••";
const EMAIL = /[^\s@<>,;"()]+@[^\s@<>,;"()]+\.[^\s@<>,;".()]+/g;
const PHONE = /\+?\d(?:[\s()./-]?\d){6,}/g;

/** The first letter and the domain. */
const maskedEmail = (email: string): string =>
  `${email.slice(0, 1)}${DOTS}${email.slice(email.indexOf("@"))}`;
/** The last two digits. */
const maskedPhone = (phone: string): string =>
  `${phone.startsWith("+") ? phone.slice(0, 3) : ""}${DOTS}${phone.replaceAll(/\D/g, "").slice(-2)}`;

/** A text without whole addresses and numbers in it. */
export const maskedText = (text: string): string =>
  text.replaceAll(EMAIL, maskedEmail).replaceAll(PHONE, maskedPhone);

const CONTACT: ReadonlySet<IdentifierKind> = new Set(["email", "phone"]);
/** A name of the customer's; ids and codes stay, unless they are addresses or numbers themselves. */
export const maskedReach = ({ kind, value }: Reach): Reach => ({
  kind,
  value: CONTACT.has(kind) ? (kind === "email" ? maskedEmail(value) : maskedPhone(value)) : maskedId(value),
});
/** Some shops use the e-mail address as the user's id. */
const maskedId = (value: string): string => (value.includes("@") ? maskedText(value) : value);
