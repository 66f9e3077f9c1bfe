/** `throughline keys`: lists, makes and revokes the keys of a running server's workspace. */
import { defineCommand } from "citty";
import { KeyCreated, KeyKind, KeyList } from "../access/model.ts";
import { Failure } from "../errors.ts";
import { clientOf, SERVER_FLAGS } from "./client.ts";
import { failWith, refuseUnknown, say, tableOf } from "./say.ts";

export const keysCommand = defineCommand({
  meta: {
    name: "keys",
    description: "List the keys of a running server, or make one: throughline keys create write|secret NAME",
  },
  args: SERVER_FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, SERVER_FLAGS);
      const client = await clientOf(args, process.env);
      const [verb, kind, ...name] = args._;
      if (verb === undefined) {
        const { keys } = await client.json(KeyList, "/v1/keys");
        const rows = keys.map((key) => [
          String(key.id),
          key.kind,
          key.value ?? `...${key.hint}`,
          key.name,
          key.revokedAt === null ? "" : `revoked ${key.revokedAt.slice(0, 10)}`,
        ]);
        say(tableOf([["id", "kind", "key", "name", ""], ...rows]));
      } else if (verb === "create") {
        const parsed = KeyKind.safeParse(kind);
        if (!parsed.success || name.length === 0)
          throw new Failure("bad_request", "Say which: throughline keys create write|secret NAME");
        const made = await client.json(KeyCreated, "/v1/keys", {
          method: "POST",
          body: { kind: parsed.data, name: name.join(" ") },
        });
        say(made.value);
      } else throw new Failure("bad_request", `"${verb}" is nothing to do with keys. There is: create.`);
    } catch (cause) {
      failWith(cause);
    }
  },
});
