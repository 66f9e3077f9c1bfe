/** Messages in the customer's inbox on the site or in the app: stored, shown when they come, and kept until dismissed. */
import type { Sql } from "../../db/postgres.ts";
import { Failure } from "../../errors.ts";
import { type Clock, atomOf } from "../../values.ts";
import { putInInbox } from "../inbox-store.ts";
import type { Driver } from "../model.ts";
import { trouble } from "./call.ts";
import { DRIVER_LIMITS } from "./model.ts";

export function inAppDriver(sql: Sql, clock: Clock): Driver {
  return {
    channel: "in_app",
    async send(outgoing) {
      const { id, workspace, customer, content } = outgoing;
      if (content.channel !== "in_app") throw new Error(`A driver for in-app messages was given ${content.channel}.`);
      const { place, ...body } = content;
      const atom = atomOf(customer);
      try {
        const row = atom === null ? null : await putInInbox(sql, { message: id, workspace, atom, place, body }, clock());
        if (row === null) return { type: "failed", reason: "bad_address", suppress: null, detail: `There is no customer ${customer}.` };
        return { type: "sent", providerId: String(row) };
      } catch (cause) {
        if (!(cause instanceof Failure) || cause.code !== "store_unavailable") throw cause;
        return trouble(cause.message, DRIVER_LIMITS.troubleMs);
      }
    },
    close: async () => undefined,
  }; // prettier-ignore
}
