/** Recommended products as texts and pages read them: items of the catalogue of this moment, each with why it is among them. */
import { productNow } from "../catalogue/told.ts";
import type { Knowledge } from "../customers/model.ts";
import type { Sql } from "../db/postgres.ts";
import { readPolicy } from "../permission/store.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import { whyView } from "./document.ts";
import { By, type Recommend } from "./model.ts";
import type { Shown } from "./offer.ts";
import { personOf } from "./person.ts";
import { recommended } from "./read.ts";

/** What may be shown, as texts and pages read it. */
export const shownTold = (shown: readonly Shown[]): readonly JsonObject[] =>
  shown.map(({ item, why }) => ({ ...productNow({ id: item.id }, item), why: whyView(why) }));

/** Of each way as many as a message has room for. */
const IN_MESSAGES = 10;

/** What a message may recommend to a customer: `viewed`, `together`, `next` and `popular`, each a list, which may be empty. */
export async function readRecommended(sql: Sql, workspace: WorkspaceId, known: Knowledge, now: Instant): Promise<JsonObject> {
  const asked = By.options.map((by): Recommend => ({ by, count: IN_MESSAGES }));
  const policy = await readPolicy(sql, workspace);
  const shown = await recommended(sql, asked, { workspace, person: personOf(known, known), policy, now });
  return Object.fromEntries(asked.map((one) => [one.by, shownTold(shown.get(one)!)]));
} // prettier-ignore
