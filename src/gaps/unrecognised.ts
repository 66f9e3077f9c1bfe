/** Unrecognised returning customers: people the business knew came back and were strangers to it. */
import { type ChanceKind, DAY_MS, type Look, type Told, assumed, channelName } from "./kind.ts";
import { dataRemedy } from "./remedies.ts";

/** Kinds of identifiers that name a device rather than a person. */
const DEVICES = ["anonymous_id", "device_id", "session_id", "advertising_id", "push_token"];
/** More identifiers than devices. They are counted as text, as the log is told them: every event of the period is asked. */
const KNOWN = `countSubstrings(identifiers, '"kind":"') > ${DEVICES.map((kind) => `countSubstrings(identifiers, '"kind":"${kind}"')`).join(" + ")}`;
const AWAY_MS = DAY_MS;
const ABOUT_CUSTOMERS = "channel not in ('server', 'other', 'email', 'sms', 'push', 'whatsapp', 'mail')";

/**
 * An atom is what always was one: a device, a person. A customer came back as a stranger when one of their atoms began
 * later than we knew them, with an event that names no person; that it is theirs was found out afterwards.
 */
function strangersSql({ scoped, before, period }: Look): string {
  const within = { from: before.from - 180 * DAY_MS, to: period.to };
  const atoms = `select customer, atom, channel, min(at) as firstAt, argMin(name, at) as firstName, minIf(at, known) as knownFrom, argMin(known, at) as begunKnown,
      maxIf(at, at >= ${before.from} and at < ${before.to}) as lastBefore, maxIf(at, at >= ${period.from}) as lastNow
    from (select customer, atom, channel, at, name, ${KNOWN} as known from (${scoped.rows("channel, name, identifiers", ABOUT_CUSTOMERS, within)}))
    group by customer, atom, channel`;
  const customers = `select customer, channel, min(known) as knownAt, max(lastBefore) as lastBefore, max(lastNow) as lastNow,
      groupArrayIf((firstAt, toString(firstName)), not begunKnown and isFirst) as begun
    from (select *, min(if(knownFrom > 0, knownFrom, toInt64(9e15))) over (partition by customer) as known, firstAt = min(firstAt) over (partition by customer, atom) as isFirst from (${atoms}))
    group by customer, channel having knownAt < 9e15`;
  // In each period: whoever was there again, and whether they came as a stranger.
  const inPeriod = (last: string, from: number, to: number): string =>
    `select 'returning' as family, toString(channel) as subject, customer, ${last} as at, arrayFilter(b -> b.1 > knownAt + ${AWAY_MS} and b.1 >= ${from} and b.1 < ${to}, begun) as strange,
       toUInt8(notEmpty(strange)) as lost, arrayPushFront(strange, (knownAt, 'Known since then')) as moments
     from (${customers}) where ${last} > knownAt + ${AWAY_MS}`;
  return [inPeriod("lastBefore", before.from, before.to), inPeriod("lastNow", period.from, period.to)]
    .map((part) => `select family, subject, customer, at, lost, moments from (${part})`)
    .join(" union all ");
} // prettier-ignore

/** By the channel they came back in. */
export const unrecognised: ChanceKind = {
  type: "chances",
  kind: "unrecognised",
  definition:
    "Of the people known to the business who came back a day or more later, those who began once as a stranger: on a device not known before, and with nothing that names a person. That they were the same was found out afterwards.",
  settledMs: 0,
  sql: (look) => strangersSql(look),
  missing: "Nobody is known by an identifier of a person.",
  told: (_look, _family, subject): Told => ({
    title: `Came back (${channelName(subject)}) and were not recognised`,
    statedRatio: 0.3,
    statedWords: "more than 30 % who are not recognised are held to be too many in any business",
    remedy: dataRemedy("Recognise who comes back", "Who is known by a link, a login or a number need not begin anew.", [
      "Let links in emails and messages identify who follows them (tracked links do).",
      "Call identify at each login, and not only at the first.",
      "In the store and on the phone, ask for the number first and look the customer up.",
    ]),
    assumptions: assumed(0.05, 0.6),
    fixability: "A few lines where people come back do it; not everybody can be recognised without asking.",
  }),
}; // prettier-ignore
