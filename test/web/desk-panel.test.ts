/** The panel in a helpdesk's frame, in real Chromium: another site's page frames it, and the story stands in it without a cookie. */
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere } from "../browser.ts";
import { signedFor } from "../desk/helpdesk.ts";
import { DAY_MS, ago } from "../desk/stage.ts";
import { type Site, aSite, overflowOf, seriousOf, textThere } from "./site.ts";

/** A page of the helpdesk that frames whatever it is asked to. */
const page = (src: string) => `<!doctype html><html lang="en"><head><title>Helpdesk</title><link rel="icon" href="data:,"></head><body><h1>Ticket 7</h1><iframe title="Customer" src="${src}" width="360" height="700"></iframe></body></html>`; // prettier-ignore

describe.skipIf(!browserThere("the desk's panel"))("the panel in a helpdesk's frame", () => {
  let site: Site;
  let panel: { id: number; secret: string };
  const helpdesks: Server[] = [];
  /** A helpdesk on a site of its own: `localhost` and `127.0.0.1` are as foreign to each other as any two. */
  const aHelpdesk = async (): Promise<string> => {
    const server = createServer((request, response) => {
      const src = new URL(request.url!, "http://helpdesk").searchParams.get("src") ?? "";
      response.setHeader("content-type", "text/html").end(page(src));
    }).listen(0, "localhost");
    await once(server, "listening");
    helpdesks.push(server);
    return `http://localhost:${(server.address() as AddressInfo).port}`;
  };
  let [ours, stranger] = ["", ""];
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    [ours, stranger] = [await aHelpdesk(), await aHelpdesk()];
    panel = await site.post("/v1/desk/panels", { name: "Helpdesk", origins: [ours] });
    await site.send("identify", { userId: "ann", timestamp: ago(DAY_MS), traits: { name: "Ann Meier", email: "ann@example.com" } }); // prettier-ignore
    await site.send("track", { userId: "ann", event: "Promise Made", timestamp: ago(DAY_MS), properties: { promise_id: "p-1", promise: "Call back about the size", due_at: ago(60_000) } }); // prettier-ignore
  });
  afterAll(async () => {
    for (const server of helpdesks) server.close();
    await site.stop();
  });

  const urlOf = (token: string) => `${site.running.address.replace("localhost", "127.0.0.1")}/desk/panel?token=${token}`; // prettier-ignore
  const framed = async (shown: Page, helpdesk: string, src: string) => {
    await shown.goto(`${helpdesk}/?src=${encodeURIComponent(src)}`);
    return shown.frameLocator("iframe");
  };

  test("shows the customer to the agent the helpdesk signed for, keeps the promise, and leaves no token in the address", async () => {
    const { page: shown, complaints, close } = await site.open("/desk", { signedIn: false });
    const frame = await framed(shown, ours, urlOf(signedFor(panel, "ann@example.com")));
    await frame.getByRole("heading", { name: "Ann Meier" }).waitFor();
    await frame.getByText("a•••@example.com").waitFor();
    await frame.getByText("Shown to Cem (cem@helpdesk.example).").waitFor();
    expect(shown.frames()[1]!.url()).toMatch(/\/desk\/panel$/);
    expect(await shown.context().cookies()).toEqual([]);
    await frame.getByRole("button", { name: /^Kept: Overdue/ }).click();
    await frame.getByText("Overdue: Call back about the size").waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
    await close();
  });

  test("is refused to a page that is none of the panel's, and to one without a token", async () => {
    const { page: shown, complaints, close } = await site.open("/desk", { signedIn: false });
    /** A complaint may be heard before the frame has come to the browser's own page for what is refused. */
    const refused = async (helpdesk: string, src: string) => {
      const before = complaints.length;
      await framed(shown, helpdesk, src);
      await expect.poll(() => shown.frames().slice(1).map((one) => one.url())).toEqual(["chrome-error://chromewebdata/"]); // prettier-ignore
      await expect.poll(() => complaints.slice(before).join()).toMatch(/frame-ancestors/);
    };
    await refused(stranger, urlOf(signedFor(panel, "ann@example.com")));
    await refused(ours, urlOf("").replace(/\?.*/, ""));
    await refused(ours, site.address.replace("localhost", "127.0.0.1"));
    await close();
  }); // prettier-ignore

  test("says in a sentence that a request was used before", async () => {
    const { page: shown, close } = await site.open("/desk", { signedIn: false });
    const src = urlOf(signedFor(panel, "ann@example.com"));
    await (await framed(shown, ours, src)).getByRole("heading", { name: "Ann Meier" }).waitFor();
    const again = await framed(shown, ours, src);
    await again.getByText("The panel's request was used before. Open the conversation again.").waitFor();
    await close();
  });

  test.each(["light", "dark"] as const)(
    "is readable at the width of a helpdesk's column, %s",
    async (scheme) => {
      const { page: shown, close } = await site.open("/desk", { signedIn: false, width: 390, scheme });
      await shown.setViewportSize({ width: 320, height: 700 });
      await shown.goto(urlOf(signedFor(panel, "ann@example.com")));
      await textThere(shown, "Ann Meier");
      expect([await seriousOf(shown), await overflowOf(shown)]).toEqual([[], 0]);
      await close();
    },
  );
});
