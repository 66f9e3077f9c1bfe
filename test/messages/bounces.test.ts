/** Mail that came back, over SMTP, by a real client. */
import { randomUUID } from "node:crypto";
import { createTransport } from "nodemailer";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Event } from "../../src/events/model.ts";
import { BOUNCE_LIMITS, type BounceServer, startBounceServer } from "../../src/messages/bounce-server.ts";
import { bounceAddressOf } from "../../src/messages/drivers/mail.ts";
import { DRIVER_LIMITS } from "../../src/messages/drivers/model.ts";
import type { ProviderDraft } from "../../src/messages/model.ts";
import { type ProviderRow, addProvider } from "../../src/messages/provider-store.ts";
import { completed, createDrivers } from "../../src/messages/providers.ts";
import { startWhole } from "../http/whole.ts";
import { freePort } from "../chaos/platform.ts";
import { aDatabase } from "../stores.ts";
import { VAULT } from "../vault.ts";
import { type Postfix, aPostfix, debianPostfix } from "./postfix.ts";

const BOUNCES = { domain: "b.shop.example", prefix: "bounces", secret: "a secret of the shop's" };
let database: Awaited<ReturnType<typeof aDatabase>>;
let server: BounceServer;
let told: Event[] = [];
const faults: unknown[] = [];
let canTell = true;
beforeAll(async () => {
  database = await aDatabase();
  await database.sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Test', 0), (2, 'Other', 0)"); // prettier-ignore
  server = await startBounceServer({
    sql: database.sql, vault: VAULT, clock: Date.now, host: "127.0.0.1", port: 0, onFault: (cause) => faults.push(cause),
    tell: async (events) => {
      if (!canTell) throw new Error("The inbox is full.");
      told.push(...events);
    },
  }); // prettier-ignore
});
afterAll(async () => {
  await server.stop();
  await database.drop();
});
beforeEach(() => {
  told = [];
  canTell = true;
  faults.length = 0;
});

async function mailProvider(more: object = {}, workspace = 1): Promise<ProviderRow> {
  const draft: ProviderDraft = { channel: "email", driver: "smtp", name: randomUUID(), config: { host: "mx.example", from: "shop@shop.example", bounces: BOUNCES, ...more } as never }; // prettier-ignore
  return (await addProvider(database.sql, VAULT, workspace as never, { ...draft, config: completed(draft, null).config, perSecond: null }, 1000, Date.now()))!; // prettier-ignore
}
/** A mail that left by a provider: its id, where it went, and where it comes back to. */
async function sentBy({ id: provider, workspace }: ProviderRow) {
  const [id, address] = [`m${randomUUID().replaceAll("-", "").slice(0, 20)}`, `${randomUUID()}@example.com`];
  await database.sql.query(
    `insert into messages (id, workspace, atom, channel, template, purpose, asked, state, due_at, created_at, expires_at, provider, address)
     values ($1, $2, 1, 'email', 5, 'marketing', '{}', 'sent', $3, $3, $3, $4, $5)`,
    [id, workspace, Date.now(), provider, address],
  );
  return { id, address, verp: bounceAddressOf(id, BOUNCES)! };
}
/** A delivery status notification as mail servers write them; its To names nobody. */
const notice = (id: string, status = "5.1.1", to = "undisclosed@elsewhere.example") =>
  [
    "From: MAILER-DAEMON@mx.example", `To: ${to}`, "Subject: Undelivered Mail Returned to Sender", "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="B"', "",
    "--B", "Content-Type: text/plain", "", "I'm sorry to have to inform you that your message could not be delivered.", "",
    "--B", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example", "", "Final-Recipient: rfc822; victim@example.com", "Action: failed", `Status: ${status}`, `Diagnostic-Code: smtp; 550 ${status} no such user`, "",
    "--B", "Content-Type: text/rfc822-headers", "", `Message-ID: <${id}@shop.example>`, "--B--", "",
  ].join("\r\n"); // prettier-ignore
async function brought(to: string | readonly string[], raw: string, port = server.port) {
  const client = createTransport({ host: "127.0.0.1", port, secure: false, ignoreTLS: true });
  try {
    const { accepted, rejected } = await client.sendMail({ envelope: { from: "", to: [to].flat() }, raw });
    return { accepted, rejected, code: 250 };
  } catch (cause) {
    return {
      accepted: [],
      rejected: [to].flat(),
      code: (cause as { responseCode?: number }).responseCode ?? 0,
    };
  } finally {
    client.close();
  }
}
const suppressed = async (address: string) =>
  (await database.sql.query<{ reason: string }>("select reason from suppressions where address = $1", [address])).map(({ reason }) => reason); // prettier-ignore

describe("mail that comes back by SMTP", () => {
  test("is known by the address it comes to: that customer's address gets nothing any more, and their history tells it", async () => {
    const { id, address, verp } = await sentBy(await mailProvider());
    expect(await brought(verp, notice("rewritten-by-a-relay"))).toMatchObject({ accepted: [verp] });
    expect(await suppressed(address)).toEqual(["bounced"]);
    expect(told).toMatchObject([{ name: "$message.bounced", properties: { message: id, permanent: true } }]);
    // Told again it is no news, and nobody else is meant by it.
    expect(await brought(verp.replace("b.shop", "B.Shop"), notice("rewritten-by-a-relay"))).toMatchObject({
      code: 250,
    });
    expect(told).toHaveLength(1);
    expect(await suppressed("victim@example.com")).toEqual([]);
  });

  test("that may still arrive is told, and stops nothing", async () => {
    const { address, verp } = await sentBy(await mailProvider());
    await brought(verp, notice("x", "4.2.2"));
    expect(told).toMatchObject([{ name: "$message.bounced", properties: { permanent: false } }]);
    expect(await suppressed(address)).toEqual([]);
  });

  test("comes to the one envelope sender of a provider that gives each mail no address of its own", async () => {
    const provider = await mailProvider({ bounces: undefined, envelopeFrom: "returns@shop.example" });
    const { id, address } = await sentBy(provider);
    expect(await brought("Returns@shop.example", notice(id))).toMatchObject({ code: 250 });
    expect(await suppressed(address)).toEqual(["bounced"]);
  });

  test("of two workspaces behind one domain counts for the one whose mail it is", async () => {
    const [ours, theirs] = [await mailProvider(), await mailProvider({ bounces: { ...BOUNCES, secret: "another one" } }, 2)]; // prettier-ignore
    const { id, address, verp } = await sentBy(ours);
    expect(bounceAddressOf(id, { ...BOUNCES, secret: "another one" })).not.toBe(verp);
    await brought(verp, notice(id));
    expect(await suppressed(address)).toEqual(["bounced"]);
    const rows = await database.sql.query("select workspace from suppressions where address = $1", [address]);
    expect(rows).toEqual([{ workspace: ours.workspace }]);
    expect(theirs.workspace).not.toBe(ours.workspace);
  });

  test("to anybody else is refused before it is said: it relays nothing", async () => {
    const { id, verp } = await sentBy(await mailProvider());
    const forged = `bounces+${id}-0000000000000000@${BOUNCES.domain}`;
    for (const to of ["ann@example.com", `postmaster@${BOUNCES.domain}`, forged, verp.replace("@", "@x.")]) expect(await brought(to, notice(id)), to).toMatchObject({ code: 550 }); // prettier-ignore
    expect(told).toEqual([]);
  });

  test("that is no bounce, or too large, changes nothing", async () => {
    const { address, verp } = await sentBy(await mailProvider());
    expect(await brought(verp, "Subject: I am on holiday\r\n\r\nBack soon.\r\n")).toMatchObject({
      code: 250,
    });
    expect(await brought(verp, `${notice("x")}${"x".repeat(DRIVER_LIMITS.hookBytesMax)}`)).toMatchObject({ code: 552 }); // prettier-ignore
    const { id } = await sentBy(await mailProvider());
    const many = Array.from({ length: BOUNCE_LIMITS.recipientsMax + 1 }, () => verp);
    expect((await brought(many, notice(id))).rejected.length).toBeLessThanOrEqual(1);
    expect(await suppressed(address)).toEqual(["bounced"]);
  });

  test("while it cannot be written down comes again", async () => {
    const { address, verp } = await sentBy(await mailProvider());
    canTell = false;
    expect(await brought(verp, notice("x"))).toMatchObject({ code: 451 });
    expect(faults).toHaveLength(1);
    expect(await suppressed(address)).toEqual([]);
    canTell = true;
    expect(await brought(verp, notice("x"))).toMatchObject({ code: 250 });
    expect(await suppressed(address)).toEqual(["bounced"]);
  });

  test("is taken by the platform where a port is configured, and nowhere else", { timeout: 60_000 }, async () => {
    const port = await freePort();
    const whole = await startWhole({ THROUGHLINE_BOUNCE_PORT: String(port) });
    try {
      expect(await brought("ann@example.com", notice("x"), port)).toMatchObject({ code: 550 });
    } finally {
      await whole.end();
    }
    expect(await brought("ann@example.com", notice("x"), port)).toMatchObject({ code: 0 });
    await expect(startBounceServer({ sql: database.sql, vault: VAULT, clock: Date.now, host: "127.0.0.1", port: server.port, tell: async () => undefined, onFault: () => undefined })).rejects.toMatchObject({ code: "configuration" });
  }); // prettier-ignore
});

describe.skipIf(debianPostfix() === null)("mail that a real mail server took and cannot deliver", () => {
  let postfix: Postfix;
  beforeAll(async () => {
    postfix = await aPostfix(server.port);
  });
  afterAll(() => postfix.stop());

  test("comes back from it to the platform, and its customer's address gets nothing any more", async () => {
    const bounces = { ...BOUNCES, domain: "bounces.shop.example" };
    const provider = await mailProvider({ host: "127.0.0.1", port: postfix.port, security: "none", bounces });
    const { id } = await sentBy(provider);
    const to = "late@local.example";
    await database.sql.query("update messages set address = $2 where id = $1", [id, to]);
    const drivers = createDrivers({ sql: database.sql, clock: Date.now, publicUrl: undefined });
    const content = { channel: "email", subject: "Hello", html: "<p>Hello</p>", text: "Hello", from: null, replyTo: null } as const; // prettier-ignore
    const delivery = await drivers.of(provider).send({ id, workspace: provider.workspace, customer: "c1", to, purpose: "marketing", content, unsubscribe: null }); // prettier-ignore
    expect(delivery.type).toBe("sent");
    await vi.waitFor(() => expect(told).toHaveLength(1), { timeout: 20_000, interval: 50 });
    expect(told).toMatchObject([{ name: "$message.bounced", properties: { message: id, permanent: true } }]);
    expect(await suppressed(to)).toEqual(["bounced"]);
    expect(faults).toEqual([]);
    await drivers.close();
  });
});
