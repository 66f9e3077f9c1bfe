/** Unanswered questions: people asked and never heard, or searched and found nothing; by what it was about. */
import { type ChanceKind, DAY_MS, type Look, PEOPLE_ONLY, PROPERTIES_SQL, type Told, assumed, firstOfEach, property } from "./kind.ts"; // prettier-ignore
import { contentRemedy } from "./remedies.ts";

const WITHIN_MS = 7 * DAY_MS;
const TOPIC_CHARS = 80;
const topic = (of: "topic" | "query"): string =>
  `substringUTF8(replaceRegexpAll(trim(lowerUTF8(${property(of)})), '\\\\s+', ' '), 1, ${TOPIC_CHARS})`;

const supportSql = (look: Look): string =>
  `select 'support' as family, concat('support: ', if(x.2 = '', 'no topic told', x.2)) as subject, customer, x.1 as at,
      toUInt8(not arrayExists(a -> a > x.1 and a <= x.1 + ${WITHIN_MS}, answers)) as lost, [(x.1, x.3)] as moments
    from (select customer, answers, arrayJoin(asked) as x from (
      select customer, ${firstOfEach(`groupArrayIf((at, topic, toString(name)), ${look.is("enquiry")})`, look)} as asked, groupArrayIf(at, ${look.is("answered")}) as answers
      from (select *, ${topic("topic")} as topic from (${look.rows(`name, touchpoint, ${PROPERTIES_SQL} as properties`, ["enquiry", "answered"], { backMs: 0, aheadMs: WITHIN_MS })}))
      group by customer ${PEOPLE_ONLY}))`; // prettier-ignore

/** Searches that tell how many results there were. */
const searchSql = (look: Look): string =>
  `select 'search' as family, concat('search: ', query) as subject, customer, at, toUInt8(results = '0') as lost, [(at, concat(name, ': ', query))] as moments
    from (select customer, at, toString(name) as name, ${topic("query")} as query, ${property("results")} as results
      from (${look.rows(`name, touchpoint, ${PROPERTIES_SQL} as properties`, ["search"], { backMs: 0, aheadMs: 0 })})) where query != '' and results != ''`; // prettier-ignore

/** By topic, and by what was searched for. */
export const unansweredQuestion: ChanceKind = {
  type: "chances",
  kind: "unanswered_question",
  definition: `Of the people who asked something (a form, ticket, chat or call), those to whom nobody answered within ${WITHIN_MS / DAY_MS} days; and of the people who searched for something on the site, those for whom there was no result.`,
  settledMs: WITHIN_MS,
  sql: (look) => {
    const parts = [
      ...(look.has("enquiry") && look.has("answered") ? [supportSql(look)] : []),
      ...(look.has("search") ? [searchSql(look)] : []),
    ];
    return parts.length === 0 ? null : parts.join(" union all ");
  },
  missing: "Neither enquiries with what was answered to them, nor searches with the number of their results, are told.",
  told: (_look, family, subject): Told => {
    const about = subject.slice(family.length + 2);
    return {
      title: family === "search" ? `Searched for "${about}" and found nothing` : `Asked (${about}) and were never answered`,
      statedRatio: family === "search" ? 0.5 : 0.1,
      statedWords: family === "search" ? "a search that finds nothing for more than half of the people is held to be a question without an answer" : "more than 10 % who are never answered are held to be too many in any business",
      remedy: contentRemedy(`Answer "${about}" where it is asked`, "One approved answer serves the site, emails, sales and support.", about, [
        "Write the answer in two or three sentences, and have it approved.",
        "Put it where it was asked: the page, the search, the form.",
        "Give sales and support the same words, and answer those who still wait.",
      ]),
      assumptions: assumed(0.15, family === "search" ? 0.9 : 0.8),
      fixability: "It is a text to be written once; who asked can be answered even now.",
    };
  },
}; // prettier-ignore
