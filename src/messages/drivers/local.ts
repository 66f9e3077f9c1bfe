/** What a workspace has before it sets up a provider: messages come as far as the outbox, where they can be read, and nothing leaves. */
import type { MessageChannel } from "../../permission/model.ts";
import type { Driver } from "../model.ts";

export const localDriver = (channel: MessageChannel): Driver => ({
  channel,
  send: async ({ id }) => ({ type: "sent", providerId: `local-${id}` }),
  close: async () => undefined,
});
