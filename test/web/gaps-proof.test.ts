/**
 * From gap to proof, as the person in charge goes through it: buyers hear nothing, so a journey is drafted out of the gap,
 * replayed over the past and published; new buyers go through it with real letters by a real mail server, those held out
 * get none; and the gap's page shows what came of it. The letters go at once: whoever is in charge took the waits out.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import type { GapDetail, GapList, Proof } from "../../src/gaps/model.ts";
import type { JourneyView } from "../../src/journeys/document.ts";
import type { JourneyDraft } from "../../src/journeys/model.ts";
import { browserThere } from "../browser.ts";
import { type Counterpart, aMailCounterpart } from "../messages/counterparts.ts";
import { sendAll, sendBusiness } from "./map-world.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site, textThere } from "./site.ts";

const WAIT_MS = 120_000;
const BUYERS = 360;
const HELD_OUT_PERCENT = 40;
const TITLE = "heard nothing afterwards";
const LOOKS: readonly Look[] = (["light", "dark"] as const).flatMap((scheme) => ([1280, 390] as const).map((width) => ({ width, scheme }))); // prettier-ignore

type JourneyProof = Extract<Proof, { type: "journey" }>;
/** The starter's two letters, one after the other as soon as the order has arrived. */
const withoutWaits = (draft: JourneyDraft): JourneyDraft => {
  const { arrives, help, review } = draft.steps;
  if (arrives?.type !== "wait_until" || help?.type !== "message" || review?.type !== "message") throw new Error("The starter has changed.");
  return { ...draft, steps: { arrives: { ...arrives, paths: [{ ...arrives.paths[0]!, next: "help" }] }, help: { ...help, next: "review" }, review: { ...review, next: null } } };
}; // prettier-ignore
describe.skipIf(!browserThere("the way from gap to proof"))("from a gap to its proof", () => {
  let site: Site;
  let mail: Counterpart;
  beforeAll(async () => {
    mail = await aMailCounterpart();
    site = await aSite();
    await site.setUp();
    const config = { host: "127.0.0.1", port: mail.port, security: "none", from: "Shop <shop@example.com>" };
    await site.post("/v1/providers", { channel: "email", driver: "smtp", name: "Mail", config });
    await site.put("/v1/policy", { quietHours: [] });
    await sendBusiness(site, 480);
  }, 180_000);
  afterAll(async () => {
    await site.stop();
    await mail.close();
  });

  const gap = async (): Promise<GapDetail> => {
    const { gaps } = await site.api<z.infer<typeof GapList>>("/v1/gaps");
    const id = gaps.find(({ title }) => title.includes(TITLE))?.id;
    if (id === undefined) throw new Error("There is no such gap.");
    return site.api<GapDetail>(`/v1/gaps/${id}`);
  };
  const toldNow = (userId: string, event: string, properties: object = {}) =>
    ({ type: "track", messageId: `${userId} ${event}`, userId, event, properties, timestamp: new Date().toISOString() }); // prettier-ignore
  const buyers = Array.from({ length: BUYERS }, (_, i) => `buyer-${i}`);
  const addressOf = (userId: string): string => `${userId}@example.com`;
  /** Who got so many letters. */
  const readers = (letters: number): readonly string[] =>
    buyers.filter((userId) => mail.received.filter(({ headers }) => headers["to"] === addressOf(userId)).length >= letters); // prettier-ignore
  /** The proof by its journey when it is so; it is worked out anew after half a minute. */
  const proofThat = async (isSo: (proof: JourneyProof) => boolean): Promise<JourneyProof> => {
    let proof: Proof | undefined;
    await vi.waitUntil(async () => ((proof = (await gap()).proof), proof.type === "journey" && isSo(proof)), { timeout: WAIT_MS, interval: 1_000 });
    return proof as JourneyProof;
  }; // prettier-ignore
  const shoot = async (page: Page, name: string): Promise<void> => {
    const folder = process.env["SHOTS"];
    if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  };

  test("the gap is found, and its journey is drafted with customers held out, replayed over the past, and published", async () => {
    const { page, complaints, close } = await site.open("/gaps");
    await page.getByRole("button", { name: "Look for gaps now" }).click();
    await page.getByRole("link", { name: new RegExp(TITLE) }).click({ timeout: WAIT_MS });
    await shoot(page, "proof-1-gap");
    await page.getByLabel("Where your business is on the web").fill("https://shop.example");
    await page.getByLabel("Held out, to prove it").fill(String(HELD_OUT_PERCENT));
    await page.getByRole("button", { name: "Make the journey draft" }).click();
    await page.waitForURL(/\/journeys\/\d+/, { timeout: WAIT_MS });
    expect((await gap()).proof.words).toContain("was not published yet");
    const { journeyId } = await gap();
    const at = `/v1/journeys/${journeyId}`;
    const { draft } = await site.api<JourneyView>(at);
    await site.put(at, { draft: withoutWaits(draft) });
    await page.goto(`${site.address}/gaps/${(await gap()).id}`);
    await textThere(page, "was not published yet");
    await shoot(page, "proof-2-draft");
    await page.getByRole("link", { name: /Replay/ }).click();
    await page.getByLabel("Period").selectOption("90");
    await page.getByRole("toolbar", { name: "Replay" }).getByRole("button", { name: "Replay" }).click();
    await textThere(page, "did what lets them in", WAIT_MS);
    await shoot(page, "proof-3-replay");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    const live = async () => (await site.api<JourneyView>(at)).version === 1;
    await vi.waitUntil(live, { timeout: WAIT_MS, interval: 250 });
    expect(complaints).toEqual([]);
    await close();
    expect((await gap()).proof).toMatchObject({ type: "journey", verdict: "too_few", treated: 0, heldOut: 0 }); // prettier-ignore
  }, 400_000);

  test("new buyers go through it: who is held out hears nothing, and who is written to reviews more often", async () => {
    await sendAll(site, buyers.map((userId) => ({ type: "identify", userId, messageId: `${userId} is`, traits: { email: addressOf(userId) }, timestamp: new Date().toISOString() }))); // prettier-ignore
    await sendAll(site, buyers.map((userId) => toldNow(userId, "Order Completed", { order_id: `o-${userId}`, total: 80, currency: "EUR" }))); // prettier-ignore
    await sendAll(site, buyers.map((userId) => toldNow(userId, "Order Delivered", { order_id: `o-${userId}` }))); // prettier-ignore
    const proof = await proofThat(({ treated, heldOut }) => treated + heldOut === BUYERS);
    expect(proof.heldOut).toBeGreaterThan(100);
    await vi.waitUntil(() => readers(2).length === proof.treated, { timeout: 2 * WAIT_MS, interval: 250 });
    const asked = new Set(readers(2));
    // Of those who were asked every second one reviews; of the others one in twelve does so unasked.
    const reviews = buyers.filter((userId, i) => (asked.has(userId) ? i % 2 === 0 : i % 12 === 0));
    await sendAll(site, reviews.map((userId) => toldNow(userId, "Product Reviewed"))); // prettier-ignore
  }, 600_000); // prettier-ignore

  test("the proof stands beside the gap with its numbers, and what is proven can be called so", async () => {
    const { id } = await gap();
    const proof = await proofThat(({ verdict }) => verdict !== "too_few");
    expect(proof).toMatchObject({ verdict: "better", treated: BUYERS - proof.heldOut });
    expect(proof.lift!.interval.low).toBeGreaterThan(0);
    expect(proof.goal).toBe('"Product Reviewed" within 30 days');
    const { page, complaints, close } = await site.open(`/gaps/${id}`);
    const part = page.getByRole("region", { name: "Did it help?" });
    await part.getByText("It works").waitFor();
    await part.getByText(`${proof.treatedReached} of ${proof.treated} customers`).waitFor();
    await part.getByText(`${proof.heldOutReached} of ${proof.heldOut} customers`).waitFor();
    await part.getByText("drawn by lot").waitFor();
    await part
      .getByText(`+${(100 * proof.lift!.difference).toFixed(1)} points`)
      .first()
      .waitFor();
    await shoot(page, "proof-4-proof");
    await page.getByRole("button", { name: "It is proven" }).click();
    await page.getByLabel("Why?").fill("Twice as many tell others.");
    await page.getByRole("dialog").getByRole("button", { name: "Proven" }).click();
    await textThere(page, "Twice as many tell others.");
    await page.goto(`${site.address}/gaps?state=proven`);
    await textThere(page, proof.words);
    await shoot(page, "proof-5-list");
    expect(complaints).toEqual([]);
    await close();
    expect(await gap()).toMatchObject({ state: "proven", history: [{ what: "state", state: "proven" }, { what: "remedy" }, { what: "found" }] }); // prettier-ignore
  }, 240_000);

  test.each(LOOKS)(
    "the proof is accessible and fits at $width pixels in $scheme",
    async (at) => {
      const { page, complaints, close } = await site.open(`/gaps/${(await gap()).id}`, at);
      await textThere(page, "It works");
      await shoot(page, `proof-${at.width}-${at.scheme}`);
      expect(await seriousOf(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
      await close();
    },
    120_000,
  );
});
