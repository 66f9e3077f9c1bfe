/** The channels a consent can speak of, apart from the schemas: the web app offers them without carrying those along. Pure. */

/** `all` stands for each of the others. */
export const CONSENT_CHANNELS = [
  "all",
  "email",
  "sms",
  "push",
  "whatsapp",
  "phone",
  "mail",
  "ads",
  "web",
] as const;
