/** The pages customers see, in their language: over HTTP, by the browser's header and by what is known of the customer. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_PHRASES } from "../../src/messages/page-words.ts";
import { ReceiptFacts } from "../../src/messages/receipt.ts";
import { escaped } from "../../src/messages/mail-body.ts";
import { browserThere, newVisitor, openBrowser } from "../browser.ts";
import { type Desk, type Made, aDesk } from "./desk.ts";

const EXPECTED = {
  en: ["Your preferences", "Save my choices", "Unsubscribe?", "Why did you get this message?", "This link does not work", "3 May 2026"],
  de: ["Ihre Einstellungen", "Meine Auswahl speichern", "Abmelden?", "Warum haben Sie diese Nachricht bekommen?", "Dieser Link funktioniert nicht", "3. Mai 2026"],
  fr: ["Vos préférences", "Enregistrer mes choix", "Se désabonner\u00a0?", "Pourquoi avez-vous reçu ce message\u00a0?", "Ce lien ne fonctionne pas", "3 mai 2026"],
  es: ["Sus preferencias", "Guardar mis preferencias", "¿Darse de baja?", "¿Por qué recibió este mensaje?", "Este enlace no funciona", "3 de mayo de 2026"],
} as const; // prettier-ignore
type Language = keyof typeof EXPECTED;
/** Phrases of ours long enough that no other language and no business says them by chance. */
const ENGLISH = Object.keys(ALL_PHRASES).filter(
  (phrase) => phrase.split(" ").length > 3 && !phrase.includes("{"),
);

let desk: Desk;
let made: Made;
let hers: Made;
beforeAll(async () => {
  desk = await aDesk();
  await desk.api("POST", "/v1/templates", { name: "Mail", content: { channel: "email", subject: "s", html: "x" } }); // prettier-ignore
  await desk.api("PUT", "/v1/preference-centre", {
    topics: [{ tag: "running", name: "Running" }],
    purposes: [{ purpose: "marketing", name: "Offers" }],
  });
  const receipt = ReceiptFacts.parse({
    whyPerson: 'You are in the plan "Saved cart".', whyNow: { type: "event", name: "Product Added", at: Date.UTC(2026, 4, 3) },
    journey: { id: 1, name: "Saved cart", version: 2, step: "reminder" }, consent: { channel: "email", purpose: "marketing", answer: "granted", source: "event", at: Date.UTC(2026, 0, 1) },
    data: ["customer.traits.firstName", "event.total"], checks: [{ rule: "consent", result: "passed" }, { rule: "caps", result: "exempt" }],
  }); // prettier-ignore
  await desk.world.says({ who: ["user_id ann", "email ann@example.com"], name: "Signed Up" });
  await desk.world.says({ who: ["user_id eva", "email eva@example.com"], name: "$customer.identified", traits: { language: "de-AT" } }); // prettier-ignore
  made = await desk.message(await desk.atomBy("user_id ann"), { address: "ann@example.com", receipt, content: { subject: "Your boots" } }); // prettier-ignore
  hers = await desk.message(await desk.atomBy("user_id eva"), { address: "eva@example.com", receipt });
});
afterAll(() => desk.stop());

const pagesOf = async ({ preferences, unsubscribe, receipt }: Made, accept?: string) => {
  const headers: { readonly [name: string]: string } =
    accept === undefined ? {} : { "accept-language": accept };
  const texts: string[] = [];
  for (const path of [preferences, unsubscribe, receipt, "/r/nonsense", "/l/nonsense"]) texts.push((await desk.get(path, headers)).body); // prettier-ignore
  return texts;
};

describe("a customer's pages", () => {
  test.each(Object.keys(EXPECTED) as Language[])("speak %s where the browser asks for it, and nothing else", async (language) => {
    const pages = await pagesOf(made, `${language}-XX,${language};q=0.9`);
    const whole = pages.join("\n");
    for (const one of pages) expect(one).toContain(`<html lang="${language}">`);
    for (const words of EXPECTED[language]) expect(whole).toContain(escaped(words));
    if (language !== "en") for (const phrase of ENGLISH) expect(whole, phrase).not.toContain(escaped(phrase));
    // What the business wrote stays as it wrote it.
    for (const own of ["Offers", "Running", "Your boots", "Saved cart"]) expect(whole).toContain(own);
  }); // prettier-ignore

  test("speak the language that is known of the customer, whatever the browser asks for", async () => {
    const [preferences, unsubscribe, receipt, nobody] = await pagesOf(hers, "fr");
    for (const page of [preferences, unsubscribe, receipt]) expect(page).toContain('<html lang="de">');
    expect(nobody).toContain('<html lang="fr">');
    expect((await pagesOf(made, "it"))[0]).toContain('<html lang="en">');
  });

  test("take a form in and answer it in the same language, its mistakes too", async () => {
    const ask = (fields: readonly (readonly [string, string])[]) =>
      desk.ask({
        method: "POST", url: hers.preferences, payload: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded", origin: "null" },
      }); // prettier-ignore
    const wrong = await ask([["do", "save"], ["pause", "date"]]); // prettier-ignore
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain("Wählen Sie den Tag, bis zu dem Sie eine Pause möchten.");
    const saved = await ask([["do", "save"], ["shown", "email marketing"], ["quiet", "own"], ["from", "21:00"], ["to", "06:30"]]); // prettier-ignore
    expect(saved.body).toContain("<h2>Gespeichert</h2>");
    expect(saved.body).toContain("E-Mail, Offers: aus");
    expect(saved.body).toContain("Ruhezeiten: von 21:00 bis 06:30");
  });

  test.skipIf(!browserThere("pages in other languages"))("fit a telephone's width in each language", { timeout: 60_000 }, async () => {
    const browser = await openBrowser();
    const address = await desk.app.listen({ port: 0, host: "127.0.0.1" });
    const folder = process.env["SHOTS"];
    for (const language of Object.keys(EXPECTED) as Language[])
      for (const scheme of ["light", "dark"] as const) {
        const context = await newVisitor(browser, { viewport: { width: 320, height: 800 }, colorScheme: scheme, locale: language });
        const page = await context.newPage();
        for (const path of [made.preferences, made.unsubscribe, made.receipt]) {
          await page.goto(address + path);
          expect(await page.evaluate<string>("document.documentElement.lang")).toBe(language);
          expect(await page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth"), `${language} ${path}`).toBeLessThanOrEqual(0);
          if (folder) await page.screenshot({ path: `${folder}/${path.slice(1, 2)}-${language}-${scheme}.png`, fullPage: true });
        }
        await context.close();
      }
    await browser.close();
  }); // prettier-ignore
});
