/** Secrets at rest, on the whole platform: a dump of the database gives nobody away, and keys can be changed and lost. */
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configOf } from "../../src/config.ts";
import type { Sql } from "../../src/db/postgres.ts";
import { callSecretOf } from "../../src/journeys/calls.ts";
import { linkKeyOf } from "../../src/messages/tokens.ts";
import { listProviders } from "../../src/messages/provider-store.ts";
import { type Running, start } from "../../src/start.ts";
import { runDoctor } from "../../src/telemetry/doctor.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { KEY_FILE, keysIn, vaultOf } from "../../src/vault.ts";
import { aDatabase } from "../stores.ts";

const PASSWORD = "open sesame, Wednesday";
const newKey = () => randomBytes(32).toString("base64");
let database: Awaited<ReturnType<typeof aDatabase>>;
const folders: string[] = [];
const aFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-vault-"));
  folders.push(folder);
  return folder;
};
beforeAll(async () => {
  database = await aDatabase();
});
afterAll(async () => {
  await database.drop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

const settings = (dataDir: string, env: { readonly [name: string]: string } = {}) =>
  configOf({ PORT: "0", HOST: "127.0.0.1", THROUGHLINE_DATA: dataDir, DATABASE_URL: database.url, THROUGHLINE_SECRET_KEY: "sk_the-first-one", ...env }); // prettier-ignore
async function running<T>(dataDir: string, work: (platform: Running) => Promise<T>, env = {}): Promise<T> {
  const platform = await start({ config: settings(dataDir, env), logger: createLog("silent"), version: "0", webDir: dataDir }); // prettier-ignore
  try {
    return await work(platform);
  } finally {
    await platform.stop();
  }
}
const ask = async <T>({ address }: Running, method: string, path: string, body?: object): Promise<T> => {
  const answer = await fetch(address + path, {
    method,
    headers: { authorization: "Bearer sk_the-first-one", "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as T;
};
/** Every row of every table, as a dump has them. */
async function dumped(sql: Sql): Promise<string> {
  const tables = await sql.query<{ name: string }>("select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"); // prettier-ignore
  const texts: string[] = [];
  for (const { name } of tables)
    for (const { text } of await sql.query<{ text: string }>(`select t::text as text from ${name} t`)) texts.push(text); // prettier-ignore
  return texts.join("\n");
}
const vaultIn = async (folder: string) => vaultOf(keysIn(await readFile(join(folder, KEY_FILE), "utf8"), KEY_FILE)); // prettier-ignore
const doctorOf = async (dataDir: string, env = {}) =>
  (await runDoctor({ config: settings(dataDir, env), logDir: join(dataDir, "clickhouse"), now: Date.now(), nodeVersion: process.versions.node })).find(({ name }) => name === "Encryption key"); // prettier-ignore
const SMTP = { channel: "email", driver: "smtp", name: "Mail", config: { host: "mx.example", from: "a@b.example", user: "u", password: PASSWORD, bounces: { domain: "b.example" } } }; // prettier-ignore

describe("secrets in the database", () => {
  let folder = "";
  let made: { readonly webhook: string; readonly inApp: string; readonly bounces: string; readonly calls: string; readonly links: string }; // prettier-ignore

  test(
    "are in no dump of it; the key is a file that its owner alone may read",
    { timeout: 60_000 },
    async () => {
      folder = await aFolder();
      await running(folder, async (platform) => {
        const { sql } = platform.stores;
        await ask(platform, "POST", "/v1/providers", SMTP);
        const inApp = await ask<{ made: { secret: string } }>(platform, "POST", "/v1/providers", { channel: "in_app", driver: "in_app", name: "Inbox", config: {} }); // prettier-ignore
        const hook = await ask<{ secret: string }>(platform, "POST", "/v1/webhooks", { url: "https://example.com/h", segment: null }); // prettier-ignore
        const { secret: calls } = await ask<{ secret: string }>(
          platform,
          "GET",
          "/v1/journeys/signing-secret",
        );
        const vault = await vaultIn(folder);
        const [mail] = await listProviders(sql, vault, platform.first.workspace);
        const bounces = (mail!.config["bounces"] as { secret: string }).secret;
        const links = (await linkKeyOf(sql, vault, 0)).toString("base64url");
        made = { webhook: hook.secret, inApp: inApp.made.secret, bounces, calls, links };
        expect(mail!.config["password"]).toBe(PASSWORD);
        const dump = await dumped(sql);
        expect(dump).toContain("mx.example");
        const secrets = [PASSWORD, ...Object.values(made)];
        for (const secret of secrets) expect(secret.length).toBeGreaterThan(16);
        for (const secret of [...secrets, (await readFile(join(folder, KEY_FILE), "utf8")).trim()]) expect(dump).not.toContain(secret); // prettier-ignore
      });
      expect((await stat(join(folder, KEY_FILE))).mode & 0o777).toBe(0o600);
      expect(await doctorOf(folder)).toMatchObject({ state: "ok" });
    },
  );

  test("that an older version left plain are sealed by the next start", { timeout: 60_000 }, async () => {
    await running(folder, async ({ stores: { sql } }) => {
      await sql.query("update providers set config = jsonb_set(config, '{password}', to_jsonb($1::text)) where driver = 'smtp'", [PASSWORD]); // prettier-ignore
      await sql.query("update webhooks set secret = $1", [made.webhook]);
      await sql.query("update secrets set value = $1 where name = 'links'", [made.links]);
      expect(await dumped(sql)).toContain(PASSWORD);
    });
    await running(folder, async (platform) => {
      const { sql } = platform.stores;
      const dump = await dumped(sql);
      for (const secret of [PASSWORD, made.webhook, made.links]) expect(dump).not.toContain(secret);
      const vault = await vaultIn(folder);
      expect((await linkKeyOf(sql, vault, 0)).toString("base64url")).toBe(made.links);
      expect((await listProviders(sql, vault, platform.first.workspace))[0]!.config["password"]).toBe(
        PASSWORD,
      );
    });
  });

  test("still sign what is told to a webhook", { timeout: 60_000 }, async () => {
    const heard: string[] = [];
    const server = createServer((request, response) => {
      heard.push(String(request.headers["webhook-signature"]));
      response.end("ok");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    await running(folder, async (platform) => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const { id } = await ask<{ id: number }>(platform, "POST", "/v1/webhooks", { url, segment: null });
      await ask(platform, "POST", `/v1/webhooks/${id}/test`);
    });
    server.close();
    expect(heard[0]).toMatch(/^v1,/);
  });

  test("move to a new key that is put in front of the old one, which then may go", { timeout: 60_000 }, async () => {
    const file = join(folder, KEY_FILE);
    const old = await readFile(file, "utf8");
    const oldName = (await vaultIn(folder)).keyName;
    await writeFile(file, `${newKey()}\n${old}`);
    expect(await doctorOf(folder)).toMatchObject({ state: "note", found: expect.stringContaining("older key") });
    await running(folder, async ({ stores: { sql } }) => expect(await dumped(sql)).not.toContain(oldName));
    await writeFile(file, (await readFile(file, "utf8")).split("\n")[0]!);
    await running(folder, async (platform) => {
      expect((await ask<{ secret: string }>(platform, "GET", "/v1/journeys/signing-secret")).secret).toBe(made.calls);
    });
    expect(await doctorOf(folder)).toMatchObject({ state: "ok" });
  }); // prettier-ignore

  test("keep a process without the key from starting, and the doctor says what to bring", { timeout: 60_000 }, async () => {
    const elsewhere = await aFolder();
    await expect(running(elsewhere, async () => undefined)).rejects.toThrow(/sealed with a key that is not here/);
    expect(await doctorOf(elsewhere)).toMatchObject({ state: "broken", todo: expect.stringContaining(KEY_FILE) }); // prettier-ignore
    const key = (await readFile(join(folder, KEY_FILE), "utf8")).trim();
    await running(elsewhere, async (platform) => {
      expect((await ask<{ secret: string }>(platform, "GET", "/v1/journeys/signing-secret")).secret).toBe(made.calls);
    }, { THROUGHLINE_ENCRYPTION_KEY: key }); // prettier-ignore
    await chmod(join(folder, KEY_FILE), 0o644);
    expect(await doctorOf(folder)).toMatchObject({ state: "broken", todo: expect.stringContaining("chmod 600") });
    await chmod(join(folder, KEY_FILE), 0o600);
  }); // prettier-ignore

  test("whose key is lost are said to be unreadable, nothing is sent by them, and they can be entered again", { timeout: 60_000 }, async () => {
    const lost = { THROUGHLINE_ENCRYPTION_KEY: newKey() };
    type Views = { readonly providers: readonly { readonly id: number; readonly driver: string; readonly problem: string | null }[] }; // prettier-ignore
    await running(folder, async (platform) => {
      const { providers } = await ask<Views>(platform, "GET", "/v1/providers");
      const mail = providers.find(({ driver }) => driver === "smtp")!;
      expect(mail.problem).toContain("sealed with a key that is not here");
      expect(await ask(platform, "POST", `/v1/providers/${mail.id}/test`, { to: "ann@example.com" })).toMatchObject({ outcome: "retry", detail: expect.stringContaining("cannot be used") });
      expect(await ask(platform, "PUT", `/v1/providers/${mail.id}`, { ...SMTP, config: { ...SMTP.config, password: undefined } })).toMatchObject({ status: 422 });
      const { calls } = { calls: await callSecretOf(platform.stores.sql, vaultOf(keysIn(lost.THROUGHLINE_ENCRYPTION_KEY, "")), platform.first.workspace, 0) };
      expect(calls).not.toBe(made.calls);
    }, lost);
    expect(await doctorOf(folder, lost)).toMatchObject({ state: "broken", found: expect.stringContaining("cannot be read") });
    await running(folder, async (platform) => {
      expect((await ask<Views>(platform, "GET", "/v1/providers")).providers.map(({ problem }) => problem)).toEqual([null, null]);
    });
  }); // prettier-ignore
});
