/** What is recommended to one customer now: the lists in one look, then the catalogue in one look, then the pure rules. */
import { readItems } from "../catalogue/store.ts";
import type { Sql } from "../db/postgres.ts";
import type { Policy } from "../permission/model.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { type Person, RECOMMENDATION_LIMITS, type Recommend } from "./model.ts";
import { type Shown, offered } from "./offer.ts";
import { justBoughtMsOf } from "./person.ts";
import { found, listsFor } from "./rank.ts";
import { readLists } from "./store.ts";

export type ForWhom = {
  readonly workspace: WorkspaceId;
  readonly person: Person;
  readonly policy: Pick<Policy, "holds">;
  readonly now: Instant;
};

/** What may be shown of what each of these asks for. */
export async function recommended(sql: Sql, asked: readonly Recommend[], { workspace, person, policy, now }: ForWhom): Promise<ReadonlyMap<Recommend, readonly Shown[]>> {
  if (asked.length === 0) return new Map();
  const { lists, settings } = await readLists(sql, workspace, asked.flatMap((one) => listsFor(one, person)));
  const all = asked.map((one) => [one, found(one, person, lists).slice(0, RECOMMENDATION_LIMITS.looked)] as const);
  const items = await readItems(sql, workspace, all.flatMap(([, those]) => those.map(({ product }) => product)));
  const moment = { now, justBoughtMs: justBoughtMsOf(policy, settings) };
  return new Map(all.map(([one, those]) => [one, offered(those, one, items, person, moment)]));
} // prettier-ignore
