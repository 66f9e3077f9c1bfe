/** Which fields of a form may be read. Pure. What is doubtful is not read: a lost answer costs less than a kept secret. */

/** A form's field, as far as this rule looks at it. */
export type Field = {
  readonly type: string;
  readonly name: string;
  readonly autocomplete: string;
  readonly value: string;
};

const TYPES = /^(password|hidden|file|submit|button|reset|image)$/;
const AUTOCOMPLETE = /(^|\s)(cc-|one-time|(new|current)-pass)/;
// A password whose page shows it as text for a while is still one; its name tells.
const NAMES = /pass|pwd|secret|token|card|cvc|cvv|csc|iban|ssn|\bpin\b|account.?n/i;

/** Whether this field holds, or may hold, a secret or a means of payment. */
export const isSecret = ({ type, name, autocomplete, value }: Field): boolean =>
  TYPES.test(type) || AUTOCOMPLETE.test(autocomplete.toLowerCase()) || NAMES.test(name) || holdsCard(value);

/**
 * Whether somewhere in the text stand 13 to 19 digits that could be a card's, by the first and the check digit. A
 * number behind a plus is a telephone's.
 */
function holdsCard(text: string): boolean {
  for (const run of text.match(/(?<![+\d])\d(?:[ -]?\d){12,}/g) ?? []) {
    const digits = run.replace(/\D/g, "");
    for (let start = 0; start + 13 <= digits.length; start++)
      for (let end = start + 13; end <= Math.min(digits.length, start + 19); end++)
        if (/[2-6]/.test(digits[start]!) && checks(digits.slice(start, end))) return true;
  }
  return false;
}

function checks(digits: string): boolean {
  let sum = 0;
  for (let back = 1; back <= digits.length; back++) {
    const digit = +digits[digits.length - back]! * (back % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}
