/** How many text messages a text takes: the alphabet it needs, and how it is cut (3GPP TS 23.038). Pure. */

/** The signs of the default alphabet, one septet each. */
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
/** Two septets each: they begin with an escape. */
const EXTENDED = new Set("\f^{}\\[~]|€");

export type SmsParts = {
  readonly alphabet: "gsm7" | "ucs2";
  /** Septets, or UTF-16 units. */
  readonly units: number;
  /** Text messages that are sent and paid. */
  readonly parts: number;
};

/** One message holds 160 septets or 70 units; a part of several 153 or 67, and no sign is cut in two. */
export function smsPartsOf(text: string): SmsParts {
  const signs = Array.from(text);
  const basic = signs.every((sign) => BASIC.has(sign) || EXTENDED.has(sign));
  const [alone, part] = basic ? [160, 153] : [70, 67];
  const sizes = signs.map((sign) => (basic ? (EXTENDED.has(sign) ? 2 : 1) : sign.length));
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= alone) return { alphabet: basic ? "gsm7" : "ucs2", units, parts: units === 0 ? 0 : 1 };
  let parts = 1;
  let filled = 0;
  for (const size of sizes) {
    if (filled + size > part) {
      parts++;
      filled = 0;
    }
    filled += size;
  }
  return { alphabet: basic ? "gsm7" : "ucs2", units, parts };
}
