/** Unsubscribing by one click and the preference centre, on a real server, PostgreSQL and worker. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { tokenOf } from "../../src/messages/tokens.ts";
import type { AtomId, WorkspaceId } from "../../src/values.ts";
import { type Desk, aDesk } from "./desk.ts";

let desk: Desk;
let people = 0;
/** A new customer by an email address and a phone number of their own. */
let ann: { readonly user: string; readonly email: string; readonly phone: string; readonly atom: AtomId };
beforeAll(async () => {
  desk = await aDesk();
  await desk.api("POST", "/v1/templates", {
    name: "Mail",
    content: { channel: "email", subject: "s", html: "x" },
  });
  await desk.api("POST", "/v1/templates", { name: "Text", content: { channel: "sms", text: "x" } });
  await desk.api("PUT", "/v1/preference-centre", {
    topics: [{ tag: "running", name: "Running" }, { tag: "hiking", name: "Hiking" }],
    purposes: [{ purpose: "marketing", name: "Offers" }, { purpose: "newsletter", name: "Newsletter" }],
  }); // prettier-ignore
});
afterAll(() => desk.stop());
beforeEach(async () => {
  const n = ++people;
  const [user, email, phone] = [
    `ann-${n}`,
    `ann${n}@example.com`,
    `+4366012345${String(n).padStart(2, "0")}`,
  ];
  await desk.world.says({ who: [`user_id ${user}`, `email ${email}`, `phone ${phone}`], name: "Signed Up" });
  ann = { user, email, phone, atom: await desk.atomBy(`email ${email}`) };
  desk.told.length = 0;
});
const suppressed = async () => (await desk.suppressions()).filter(({ address }) => address === ann.email || address === ann.phone).map(({ channel, purpose }) => `${channel} ${purpose}`); // prettier-ignore
const consents = async () => {
  await desk.world.handled();
  const document = await desk.world.customer(`user_id ${ann.user}`);
  return document!.consents.map(
    ({ channel, purpose, answer, source }) => `${channel} ${purpose} ${answer} ${source}`,
  );
};
/** Which boxes of the page are ticked. */
const ticked = (html: string) => [...html.matchAll(/name="on" value="([^"]*)"( checked)?( disabled)?/g)].map(([, box, on, locked]) => `${box}${on ? " on" : ""}${locked ? " locked" : ""}`); // prettier-ignore

describe("the unsubscribe link", () => {
  const ONE_CLICK = "List-Unsubscribe=One-Click";
  const urlencoded = { "content-type": "application/x-www-form-urlencoded" };

  test("asks first, and changes nothing by being opened: programs follow links", async () => {
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email });
    for (const method of ["GET", "HEAD"] as const) {
      const answer = await desk.ask({ method, url: unsubscribe });
      expect(answer.status).toBe(200);
      if (method === "GET") expect(answer.body).toContain('<form method="post">');
    }
    expect([await suppressed(), desk.told]).toEqual([[], []]);
  });

  test("works by the one click of a mail program: 200, no redirect, no cookie, in force when answered", async () => {
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email });
    const answer = await desk.ask({
      method: "POST",
      url: unsubscribe,
      payload: ONE_CLICK,
      headers: urlencoded,
    });
    expect(answer.status).toBe(200);
    expect([answer.headers["location"], answer.headers["set-cookie"]]).toEqual([undefined, undefined]);
    expect(await suppressed()).toEqual(["email marketing"]);
    expect(await consents()).toEqual(["email marketing denied unsubscribe"]);
  });

  test("works as multipart too, and with the page's own button", async () => {
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email });
    const body =
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n';
    const answer = await desk.ask({ method: "POST", url: unsubscribe, payload: body, headers: { "content-type": "multipart/form-data; boundary=x" } }); // prettier-ignore
    expect([answer.status, await suppressed()]).toEqual([200, ["email marketing"]]);
    const pressed = await desk.form(unsubscribe, [["List-Unsubscribe", "One-Click"]]);
    expect(pressed.body).toContain("You are unsubscribed");
  });

  test("pressed twice is as pressed once", async () => {
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email });
    for (let i = 0; i < 3; i++)
      expect((await desk.ask({ method: "POST", url: unsubscribe, payload: ONE_CLICK, headers: urlencoded })).status).toBe(200); // prettier-ignore
    expect(new Set(desk.told.map(({ id }) => id)).size).toBe(1);
    expect(await suppressed()).toEqual(["email marketing"]);
    expect(await consents()).toHaveLength(1);
  });

  test("holds even while the event cannot be kept, and tells it when it is pressed again", async () => {
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email });
    desk.failNext();
    expect((await desk.ask({ method: "POST", url: unsubscribe, payload: ONE_CLICK, headers: urlencoded })).status).toBe(500); // prettier-ignore
    expect([await suppressed(), desk.told.length]).toEqual([["email marketing"], 0]);
    expect((await desk.ask({ method: "POST", url: unsubscribe, payload: ONE_CLICK, headers: urlencoded })).status).toBe(200); // prettier-ignore
    expect(await consents()).toEqual(["email marketing denied unsubscribe"]);
  });

  test("that nobody made, or that was made for something else, does nothing", async () => {
    const { unsubscribe, receipt, preferences } = await desk.message(ann.atom, { address: ann.email });
    const altered = `${unsubscribe.slice(0, -1)}${unsubscribe.endsWith("A") ? "B" : "A"}`;
    for (const url of [
      "/u/nonsense",
      "/u/",
      altered,
      receipt.replace("/r/", "/u/"),
      preferences.replace("/p/", "/u/"),
      `${unsubscribe}A`,
    ]) {
      expect((await desk.get(url)).status, url).toBe(404);
      expect(
        (await desk.ask({ method: "POST", url, payload: ONE_CLICK, headers: urlencoded })).status,
        url,
      ).toBe(404);
    }
    expect(await suppressed()).toEqual([]);
  });

  test("does nothing by another form, or by one that cannot be read", async () => {
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email });
    for (const [payload, headers] of [["a=b", urlencoded], ["", urlencoded], ["--y", { "content-type": "multipart/form-data; boundary=x" }], ["{}", { "content-type": "text/xml" }]] as const)
      expect((await desk.ask({ method: "POST", url: unsubscribe, payload, headers })).status, payload).toBeGreaterThanOrEqual(400); // prettier-ignore
    expect(await suppressed()).toEqual([]);
  });

  test("ends only what the message was for, in its channel, for all addresses of the customer there", async () => {
    await desk.world.says({ who: [`user_id ${ann.user}`, `email second-${ann.email}`] });
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email, purpose: "newsletter" });
    await desk.ask({ method: "POST", url: unsubscribe, payload: ONE_CLICK, headers: urlencoded });
    const rows = (await desk.suppressions()).filter(({ address }) => address.endsWith(ann.email));
    expect(rows.map(({ channel, address, purpose, reason }) => [channel, address, purpose, reason])).toEqual([
      ["email", ann.email, "newsletter", "unsubscribed"], ["email", `second-${ann.email}`, "newsletter", "unsubscribed"],
    ]); // prettier-ignore
  });

  test("still works when customer and message are gone", async () => {
    const said = tokenOf(desk.key, "unsubscribe", [desk.first.workspace, 999_999 as AtomId, "gone", "email", "marketing"]); // prettier-ignore
    expect((await desk.ask({ method: "POST", url: `/u/${said}`, payload: ONE_CLICK, headers: urlencoded })).status).toBe(200); // prettier-ignore
  });
});

describe("the preference centre", () => {
  const BOXES = ["email marketing", "email newsletter", "sms marketing", "sms newsletter"];
  const shown = BOXES.map((box): [string, string] => ["shown", box]);
  const on = (...boxes: string[]): [string, string][] => boxes.map((box) => ["on", box]);
  const keep: [string, string][] = [["topic_shown", "running"], ["topic_shown", "hiking"], ["topic", "running"], ["topic", "hiking"], ["quiet", "usual"], ["pause", "none"]]; // prettier-ignore
  const open = async () => (await desk.message(ann.atom, { address: ann.email })).preferences;

  test("shows what holds: emails until declined, texts only when agreed", async () => {
    const { status, body, headers } = await desk.get(await open());
    expect(status).toBe(200);
    expect(ticked(body)).toEqual([
      "email marketing on",
      "email newsletter on",
      "sms marketing",
      "sms newsletter",
    ]);
    expect(body).not.toMatch(/<script|src=|@example/);
    expect(headers).toMatchObject({ "referrer-policy": "no-referrer", "cache-control": "no-store", "content-security-policy": expect.stringContaining("default-src 'none'") }); // prettier-ignore
    expect(headers["set-cookie"]).toBeUndefined();
  });

  test("turns off one purpose and leaves the other on, at once, and says what changed", async () => {
    const path = await open();
    const { status, body } = await desk.form(path, [
      ...shown,
      ...on("email newsletter"),
      ...keep,
      ["do", "save"],
    ]);
    expect(status).toBe(200);
    expect(body).toContain("<li>Email, Offers: off</li></ul>");
    expect(ticked(body)).toEqual([
      "email marketing",
      "email newsletter on",
      "sms marketing",
      "sms newsletter",
    ]);
    expect(await suppressed()).toEqual(["email marketing"]);
    // No marketing would mean no newsletter either; so the customer's wish to keep it is written down.
    expect(await consents()).toEqual([
      "email marketing denied preferences",
      "email newsletter granted preferences",
    ]);
    expect(ticked((await desk.get(path)).body)).toEqual(["email marketing", "email newsletter on", "sms marketing", "sms newsletter"]); // prettier-ignore
  });

  test("turns on with proof: a grant with when and where it was given, and an end taken back", async () => {
    const path = await open();
    const { unsubscribe } = await desk.message(ann.atom, { address: ann.email });
    await desk.form(unsubscribe, [["List-Unsubscribe", "One-Click"]]);
    await desk.world.handled();
    expect(ticked((await desk.get(path)).body)).toEqual(["email marketing", "email newsletter", "sms marketing", "sms newsletter"]); // prettier-ignore
    const { body } = await desk.form(path, [
      ...shown,
      ...on("email marketing", "sms newsletter"),
      ...keep,
      ["do", "save"],
    ]);
    expect(ticked(body)).toEqual([
      "email marketing on",
      "email newsletter",
      "sms marketing",
      "sms newsletter on",
    ]);
    expect(await consents()).toEqual(["email marketing granted preferences", "email newsletter denied preferences", "sms newsletter granted preferences"]); // prettier-ignore
    expect(ticked((await desk.get(path)).body)).toEqual(["email marketing on", "email newsletter", "sms marketing", "sms newsletter on"]); // prettier-ignore
    expect(await suppressed()).toEqual(["email newsletter"]);
    // And ends again by the same link.
    await desk.form(unsubscribe, [["List-Unsubscribe", "One-Click"]]);
    expect(await consents()).toContain("email marketing denied unsubscribe");
  });

  test("changes nothing when nothing is changed, also by a box that was not shown", async () => {
    const path = await open();
    const { body } = await desk.form(path, [
      ...shown.slice(0, 1),
      ...on("email marketing"),
      ...keep,
      ["do", "save"],
    ]);
    expect(body).toContain("Everything stays as it was");
    expect([await suppressed(), desk.told]).toEqual([[], []]);
  });

  test("ends everything by one button", async () => {
    const { body } = await desk.form(await open(), [["do", "end"]]);
    expect(ticked(body)).toEqual(["email marketing", "email newsletter", "sms marketing", "sms newsletter"]);
    expect(await suppressed()).toEqual([
      "email marketing",
      "email newsletter",
      "sms marketing",
      "sms newsletter",
    ]);
    expect(await consents()).toContain("all marketing denied unsubscribe");
  });

  test("keeps topics, quiet hours and a break, and takes them back", async () => {
    const path = await open();
    const held = async () => (await desk.sql.query<{ body: object }>("select body from preferences where atom = $1", [ann.atom]))[0]?.body; // prettier-ignore
    const { body } = await desk.form(path, [...shown, ...on("email marketing", "email newsletter"), ["topic_shown", "running"], ["topic_shown", "hiking"], ["topic", "hiking"], ["quiet", "own"], ["from", "21:30"], ["to", "07:15"], ["pause", "week"], ["do", "save"]]); // prettier-ignore
    expect(body).toContain("Running: off");
    expect(body).toContain("Quiet hours: from 21:30 until 07:15");
    expect(await held()).toMatchObject({ declinedTopics: ["running"], quietHours: { from: 1290, to: 435 } });
    const { pausedUntil } = (await held()) as { pausedUntil: number };
    expect(Math.round((pausedUntil - desk.world.clock()) / 86_400_000)).toBe(7);
    expect(desk.told.map(({ name }) => name)).toEqual(["$preferences.changed"]);
    // A form that does not speak of them leaves them.
    await desk.form(path, [["do", "save"]]);
    expect(await held()).toMatchObject({
      declinedTopics: ["running"],
      quietHours: { from: 1290, to: 435 },
      pausedUntil,
    });
    await desk.form(path, [...keep, ["do", "save"]]);
    expect(await held()).toEqual({ declinedTopics: [], quietHours: null, pausedUntil: null });
  });

  test("counts a break until a date by the customer's own calendar", async () => {
    const path = await open();
    const day = new Date(desk.world.clock() + 10 * 86_400_000).toISOString().slice(0, 10);
    await desk.form(path, [
      ["pause", "date"],
      ["until", day],
      ["do", "save"],
    ]);
    const [row] = await desk.sql.query<{ body: { pausedUntil: number } }>("select body from preferences where atom = $1", [ann.atom]); // prettier-ignore
    // The customer's number is Austrian: midnight there.
    const local = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "Europe/Vienna",
      dateStyle: "short",
      timeStyle: "short",
    });
    expect(local.format(row!.body.pausedUntil)).toBe(`${day} 00:00`);
  });

  test("says what is wrong in a form, and then saves nothing of it", async () => {
    const path = await open();
    for (const [fields, words] of [
      [[["pause", "date"]], "Choose the date"],
      [
        [
          ["pause", "date"],
          ["until", "2020-01-01"],
        ],
        "has to be in the future",
      ],
      [
        [
          ["pause", "date"],
          ["until", "2099-01-01"],
        ],
        "a year at most",
      ],
      [
        [
          ["quiet", "own"],
          ["from", "25:00"],
          ["to", "07:00"],
        ],
        "Choose when your quiet hours begin",
      ],
      [
        [
          ["quiet", "own"],
          ["from", "07:00"],
          ["to", "07:00"],
        ],
        "different times",
      ],
    ] as const) {
      const { status, body } = await desk.form(path, [...shown, ...fields, ["do", "save"]]);
      expect([status, body.includes(words)], words).toEqual([422, true]);
    }
    expect([await suppressed(), desk.told]).toEqual([[], []]);
  });

  test("keeps nothing that could not be told, so that the customer tries again", async () => {
    const path = await open();
    desk.failNext();
    expect((await desk.form(path, [...shown, ...on(), ...keep, ["do", "save"]])).status).toBe(500);
    expect(await suppressed()).toEqual([]);
    expect(ticked((await desk.get(path)).body)[0]).toBe("email marketing on");
  });

  test("does not lift what the customer cannot lift: STOP to a number, an address that does not exist", async () => {
    await desk.sql.query(
      "insert into suppressions (workspace, channel, address, purpose, reason, since_at) values ($1, 'sms', $2, '', 'unsubscribed', 0), ($1, 'email', $3, '', 'bounced', 0)",
      [desk.first.workspace, ann.phone, ann.email],
    );
    const path = await open();
    const { body } = await desk.get(path);
    expect(ticked(body)).toEqual(BOXES.map((box) => `${box} locked`));
    expect(body).toContain("Send START");
    await desk.form(path, [...shown, ...on(...BOXES), ...keep, ["do", "save"]]);
    expect(await suppressed()).toEqual(["email ", "sms "]);
  });

  test("lifts an end of a whole address for what is turned on, and nothing else with it", async () => {
    await desk.sql.query("insert into suppressions (workspace, channel, address, purpose, reason, since_at) values ($1, 'email', $2, '', 'unsubscribed', 0)", [desk.first.workspace, ann.email]); // prettier-ignore
    const { body } = await desk.form(await open(), [
      ...shown,
      ...on("email newsletter"),
      ...keep,
      ["do", "save"],
    ]);
    expect(ticked(body)).toEqual([
      "email marketing",
      "email newsletter on",
      "sms marketing",
      "sms newsletter",
    ]);
    expect(await suppressed()).toEqual(["email marketing"]);
  });

  test("follows the customer through a join", async () => {
    const path = await open();
    await desk.world.says({ who: [`anonymous_id phone-of-${ann.user}`, `user_id ${ann.user}`] });
    expect((await desk.get(path)).status).toBe(200);
  });

  test("is read by those who run the business, with the customer's own link, in their workspace alone", async () => {
    const { status, body } = await desk.api("GET", `/v1/customers/c${ann.atom}/preferences`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ preferences: { declinedTopics: [] }, boxes: expect.arrayContaining([{ channel: "email", purpose: "marketing", on: true, locked: null }]) }); // prettier-ignore
    expect((await desk.get(new URL((body as { url: string }).url).pathname)).status).toBe(200);
    expect((await desk.api("GET", "/v1/customers/c999999/preferences")).status).toBe(404);
    const foreign = tokenOf(desk.key, "preferences", [2 as WorkspaceId, ann.atom, null]);
    expect((await desk.get(`/p/${foreign}`)).status).toBe(404);
  });

  test("refuses choices that make no sense", async () => {
    expect((await desk.api("PUT", "/v1/preference-centre", { purposes: [{ purpose: "transactional", name: "x" }] })).status).toBe(400); // prettier-ignore
    expect(
      (await desk.api("PUT", "/v1/preference-centre", { topics: [{ tag: "", name: "x" }] })).status,
    ).toBe(400);
    expect((await desk.api("GET", "/v1/preference-centre")).body).toMatchObject({ topics: [{ tag: "running" }, { tag: "hiking" }], postalAddress: null }); // prettier-ignore
  });
});
