/** Who asks at the desk, and what of a customer they may see: what all routes of this room share. */
import { z } from "zod";
import { atomsOfCustomer } from "../customers/read.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { AskDeps } from "../decisions/ask.ts";
import { Failure } from "../errors.ts";
import type { Inbox } from "../events/model.ts";
import type { Actor } from "../http/app.ts";
import { type AtomId, type Clock, CustomerId, type WorkspaceId, atomOf } from "../values.ts";
import type { Vault } from "../vault.ts";
import type { Panels } from "./panels.ts";

export type DeskDeps = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly inbox: Inbox;
  readonly panels: Panels;
  /** What the places of the desk are decided with: of the decisions' own, but patient. */
  readonly decide: AskDeps;
  readonly onFault: (cause: unknown) => void;
  /** Says that a task was ended. */
  readonly onTaskEnded: () => Promise<void>;
};
export const DESK = { access: "desk" } as const;
export const tags = ["Desk"];
export const Params = z.object({ id: CustomerId });

/** Who looks or writes, as the audit and colleagues name them. */
export const whoOf = ({ type, id }: Actor): string => `${type} ${id}`;
/** Whether contact data is hidden from them, unless the workspace shows it. */
export const mayMask = (actor: Actor): boolean =>
  actor.type === "panel" || (actor.type === "user" && actor.role === "desk");

export const noCustomer = (id: string): Failure =>
  new Failure("not_found", `There is no customer ${id} in this workspace.`);
export const otherCustomer = (): Failure =>
  new Failure("forbidden", "The panel shows the customer of its conversation.");

/** The atom that names the customer, for one who may see them. Throws: a panel sees the customer of its conversation alone. */
export async function ownCustomer(
  sql: Sql,
  workspace: WorkspaceId,
  actor: Actor,
  id: string,
): Promise<AtomId> {
  const [atom] = await atomsOfCustomer(sql, workspace, atomOf(id)!);
  if (!atom) throw noCustomer(id);
  if (actor.type !== "panel") return atom.customer;
  const [own] = await atomsOfCustomer(sql, workspace, actor.customer);
  if (own?.customer !== atom.customer) throw otherCustomer();
  return atom.customer;
}
