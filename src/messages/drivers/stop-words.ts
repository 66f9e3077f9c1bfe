/** What people write to be left alone, and to hear from us again: the whole answer is the word. Pure. */
const STOP =
  /^(stop|stop ?all|stopp|unsubscribe|cancel|end|quit|opt-?out|opt out|revoke|arr[eê]t|baja|parar)$/;
const START = /^(start|unstop)$/;

/** What a text asks for; null: it is an answer like any other. */
export function askedBy(text: string): "stop" | "start" | null {
  const words = text.trim().toLowerCase().replaceAll(/[.!"'“”«»]+/g, "").replaceAll(/\s+/g, " ").trim(); // prettier-ignore
  return STOP.test(words) ? "stop" : START.test(words) ? "start" : null;
}
