/** Links of messages: what they are made of, that nobody makes or changes one, and what comes of a click. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Numbering, isWebAddress, linkHtml, linkText } from "../../src/messages/links.ts";
import { attributesOf, piecesOf, textOf, unescaped } from "../../src/messages/mail-body.ts";
import { type LinkKey, openPixelOf, readToken, tokenOf, trackOf } from "../../src/messages/tokens.ts";
import type { AtomId, WorkspaceId } from "../../src/values.ts";
import { type Desk, PERSON, aDesk } from "./desk.ts";

const key: LinkKey = Buffer.alloc(32, 7);
const [workspace, atom] = [1 as WorkspaceId, 1042 as AtomId];

describe("a token", () => {
  const kinds = fc.oneof(
    fc.record({ kind: fc.constant("unsubscribe" as const), said: fc.tuple(fc.constant(workspace), fc.constant(atom), fc.string({ minLength: 1, maxLength: 60 }), fc.constantFrom("email" as const, "sms" as const), fc.constantFrom("marketing", "newsletter")) }),
    fc.record({ kind: fc.constant("click" as const), said: fc.tuple(fc.constant(workspace), fc.constant(atom), fc.string({ minLength: 1, maxLength: 60 }), fc.constant("email" as const), fc.nat(), fc.option(fc.webUrl())) }),
    fc.record({ kind: fc.constant("preferences" as const), said: fc.tuple(fc.constant(workspace), fc.constant(atom), fc.option(fc.string({ minLength: 1, maxLength: 60 }))) }),
  ); // prettier-ignore

  test("says what was put into it, and only as what it was made for", () => {
    fc.assert(
      fc.property(kinds, ({ kind, said }) => {
        const token = tokenOf(key, kind, said as never);
        expect(token).toMatch(/^[\w-]+$/);
        expect(readToken(key, kind, token)).toEqual(said);
        for (const other of ["unsubscribe", "click", "open", "preferences", "receipt"] as const)
          if (other !== kind) expect(readToken(key, other, token)).toBeNull();
      }),
    );
  });

  test("cannot be altered: no flipped bit, no other sign, nothing added or left out, no other key", () => {
    fc.assert(
      fc.property(kinds, fc.nat(), fc.integer({ min: 0, max: 7 }), fc.base64String({ minLength: 4 }), ({ kind, said }, place, bit, more) => {
        const token = tokenOf(key, kind, said as never);
        const bytes = Buffer.from(token, "base64url");
        bytes[place % bytes.length]! ^= 1 << bit;
        expect(readToken(key, kind, bytes.toString("base64url"))).toBeNull();
        const at = place % token.length;
        for (const sign of ["A", "-", "_", "9", "=", "%"])
          if (token[at] !== sign) expect(readToken(key, kind, token.slice(0, at) + sign + token.slice(at + 1))).toBeNull();
        // Other ways to write the same bytes: bits that the last sign has to spare, filling, signs that are passed over.
        for (const sign of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
          if (!token.endsWith(sign)) expect(readToken(key, kind, token.slice(0, -1) + sign)).toBeNull();
        for (const filling of ["=", "==", "\n", " ", "."]) expect(readToken(key, kind, token + filling)).toBeNull();
        expect(readToken(key, kind, token.slice(0, at))).toBeNull();
        expect(readToken(key, kind, token + more)).toBeNull();
        expect(readToken(Buffer.alloc(32, 8), kind, token)).toBeNull();
        expect(readToken(key, kind, more)).toBeNull();
      }),
    );
  }); // prettier-ignore

  test("stays short enough for a text message where it is paid by length", () => {
    const track = trackOf(key, "https://t.example", { id: "m".repeat(36), workspace, atom, channel: "sms", purpose: "marketing" }); // prettier-ignore
    expect(track(`https://shop.example/${"x".repeat(500)}`, 3).length).toBeLessThan(150);
  });
});

describe("links in a text", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("<a href='", '<a href="', '">', "'>", "</a>", "<!--", "-->", "<script>", "</script>", "<style>", "<", ">", "&amp;", " href=", "https://a.example/x?y=1&amp;z=2", "http://b.example", "javascript:alert(1)", "mailto:a@b.example", "#x", "<A HREF=https://c.example>", "<a title='x' href='https://d.example'>", '"', "'", "\n"),
  ); // prettier-ignore
  const texts = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

  test("are all that is changed: every other byte is as it was, and what could run is led nowhere", () => {
    // Everything but the addresses of links, with a gap where an address was.
    const around = (html: string) =>
      piecesOf(html).map((piece) => {
        if (piece.name !== "a" && piece.name !== "area") return html.slice(piece.begin, piece.end);
        const hrefs = attributesOf(html, piece).filter(({ name }) => name === "href");
        const ends = [piece.begin, ...hrefs.flatMap(({ begin, end }) => [begin, end]), piece.end];
        return ends.flatMap((end, i) => (i % 2 === 0 ? [html.slice(end, ends[i + 1])] : [])).join("\u0000");
      });
    const hrefsIn = (html: string) =>
      piecesOf(html).filter(({ name }) => name === "a" || name === "area")
        .flatMap((piece) => attributesOf(html, piece)).filter(({ name }) => name === "href").map(({ value }) => unescaped(value).trim()); // prettier-ignore
    fc.assert(
      fc.property(texts, (html) => {
        const numbering = new Numbering((_address, number) => `https://t.example/l/${number}`, []);
        const linked = linkHtml(html, numbering);
        expect(around(linked)).toEqual(around(html));
        const [before, after] = [hrefsIn(html), hrefsIn(linked)];
        const led = after.map((to) => /^https:\/\/t\.example\/l\/(\d+)$/.exec(to)?.[1]);
        expect(before.flatMap((address, i) => (led[i] === undefined ? [] : [address]))).toEqual(
          numbering.addresses,
        );
        for (const [i, to] of after.entries())
          if (led[i] === undefined && to !== "#") expect(to).toBe(before[i]);
        for (const to of after) expect(to).not.toMatch(/^javascript:/i);
      }),
      { numRuns: 2000 },
    );
  });

  test("are found by pieces that put together are the text again, however broken it is", () => {
    fc.assert(
      fc.property(texts, (html) => {
        const pieces = piecesOf(html);
        expect(pieces.map(({ begin, end }) => html.slice(begin, end)).join("")).toBe(html);
        expect(typeof textOf(html)).toBe("string");
      }),
      { numRuns: 2000 },
    );
  });

  test("cost what their length costs, also where nothing is ever closed", () => {
    for (const text of ["<a href=\"", "<!--", "<a ", "<style>", "<script", "<div style='display:none'>", "<a href=x", "https://", "&#", "<b><i></b>"]) {
      const long = text.repeat(60_000);
      expect(linkHtml(long, new Numbering(null, []))).toBe(long);
      textOf(long);
      linkText(long, new Numbering((_, n) => String(n), []));
    }
  }, 20_000); // prettier-ignore

  test("are found as browsers find them: behind signs in quotes, in any case, and not in comments, styles or texts", () => {
    const found = (html: string) => {
      const numbering = new Numbering((_, number) => `https://t.example/${number}`, []);
      return [linkHtml(html, numbering), ...numbering.addresses];
    };
    const [a, b] = ["https://a.example/", "https://b.example/"];
    expect(found(`<a title="a > b" data-x='"' href="${a}">x</a><A\nHREF = ${b}>`)).toEqual([`<a title="a > b" data-x='"' href="https://t.example/0">x</a><A\nHREF = https://t.example/1>`, a, b]); // prettier-ignore
    expect(found(`<p>it's <a href='${a}'>5" wide</a> & <a href="${b}">`)).toEqual([`<p>it's <a href='https://t.example/0'>5" wide</a> & <a href="https://t.example/1">`, a, b]); // prettier-ignore
    for (const none of [`<!-- <a href="${a}"> -->`, `<style>a{x:"<a href='${a}'>"}</style>`, `<textarea><a href="${a}"></textarea>`, `< a href="${a}">`, `<abbr href="${a}">`, `<a data-href="${a}">`, `<a title="x"> href="${a}" </a>`])
      expect(found(none)).toEqual([none]);
  }); // prettier-ignore

  test("lead to web pages alone", () => {
    for (const good of ["https://a.example", "http://a.example:8080/x?y#z", "HTTPS://A.example/ü"]) expect(isWebAddress(good), good).toBe(true); // prettier-ignore
    for (const bad of ["javascript:alert(1)", "https://user:pw@a.example", "//a.example", "https:///x", "ftp://a", "https://", "https:\\a", `https://a.example/${"x".repeat(2000)}`, "https://a b", "data:text/html,x", "", "/x"])
      expect(isWebAddress(bad), bad).toBe(false); // prettier-ignore
  });
});

describe("a click", () => {
  let desk: Desk;
  let ann: AtomId;
  beforeAll(async () => {
    desk = await aDesk();
    await desk.world.says({ who: ["user_id ann", "email ann@example.com"], name: "Signed Up" });
    ann = await desk.atomBy("user_id ann");
  });
  afterAll(() => desk.stop());
  const clicks = async () => {
    await desk.world.handled();
    return (await desk.world.moments([ann])).filter(({ name }) => name.startsWith("$message.")).map(({ name, properties }) => { const { link, bot } = JSON.parse(properties) as { link?: number; bot: boolean }; return [name, link, bot] as const; }); // prettier-ignore
  };
  const linksOf = async (channel: "email" | "sms" = "email", content: object = {}) => {
    const message = await desk.message(ann, { channel, content });
    const track = trackOf(desk.key, "", message);
    return { track, pixel: openPixelOf(desk.key, "", message) };
  };

  test("leads on, with nothing of where it came from, and is an event once however often it is made", async () => {
    const { track } = await linksOf();
    const path = track("https://shop.example/boots?size=42&ü=1", 0);
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await desk.get(path);
      expect([status, headers["location"], headers["referrer-policy"]]).toEqual([302, "https://shop.example/boots?size=42&%C3%BC=1", "no-referrer"]); // prettier-ignore
      expect(headers["set-cookie"]).toBeUndefined();
    }
    await desk.get(track("https://shop.example/socks", 1));
    expect(await clicks()).toEqual(expect.arrayContaining([["$message.clicked", 0, false], ["$message.clicked", 1, false]])); // prettier-ignore
    expect((await clicks()).filter(([, link]) => link === 0)).toHaveLength(1);
  });

  test("says of which message it was, as the business knows it", async () => {
    const { track } = await linksOf();
    await desk.get(track("https://shop.example/known", 3));
    await desk.world.handled();
    const known = (await desk.world.moments([ann])).filter(({ name }) => name === "$message.clicked").map(({ channel, touchpoint, properties }) => ({ channel, touchpoint, ...(JSON.parse(properties) as { url?: string }) })).find(({ url }) => url === "https://shop.example/known"); // prettier-ignore
    expect(known).toEqual({ channel: "email", touchpoint: "message", message: expect.stringMatching(/^m-/), template: 1, purpose: "marketing", link: 3, url: "https://shop.example/known", bot: false }); // prettier-ignore
  });

  test("of a program is told as one, and does not take the place of the customer's", async () => {
    const { track } = await linksOf();
    const path = track("https://shop.example/scanned", 7);
    await desk.ask({ method: "HEAD", url: path, headers: { "user-agent": PERSON } });
    await desk.get(path, { "user-agent": "Googlebot/2.1 (+http://www.google.com/bot.html)" });
    await desk.get(path, { "user-agent": PERSON, "sec-purpose": "prefetch;prerender" });
    await desk.get(path, {});
    expect((await clicks()).filter(([, link]) => link === 7)).toEqual([["$message.clicked", 7, true]]);
    await desk.get(path);
    expect(
      (await clicks())
        .filter(([, link]) => link === 7)
        .map(([, , bot]) => bot)
        .toSorted((a, b) => Number(a) - Number(b)),
    ).toEqual([false, true]);
  });

  test("on a link of a text message finds the address with the message", async () => {
    const { track } = await linksOf("sms", { links: ["https://shop.example/a", "https://shop.example/b"] });
    expect((await desk.get(track("https://not.this.example", 1))).headers["location"]).toBe(
      "https://shop.example/b",
    );
    expect((await desk.get(track("https://not.this.example", 2))).status).toBe(404);
    const unsafe = await linksOf("sms", { links: ["javascript:alert(1)"] });
    expect((await desk.get(unsafe.track("x", 0))).status).toBe(404);
  });

  test("leads on even when it cannot be kept", async () => {
    const { track } = await linksOf();
    desk.failNext();
    expect((await desk.get(track("https://shop.example/x", 0))).status).toBe(302);
  });

  test("on a link that nobody made leads nowhere", async () => {
    const { track } = await linksOf();
    const path = track("https://shop.example/x", 0);
    const token = path.slice("/l/".length);
    const forged = Buffer.from(Buffer.from(token, "base64url").toString("latin1").replace("shop", "evil"), "latin1").toString("base64url"); // prettier-ignore
    for (const url of [`/l/${forged}`, "/l/https://evil.example", "/l/", "/l/%00", `${path}x`]) {
      const { status, headers } = await desk.get(url);
      expect([status, headers["location"]], url).toEqual([404, undefined]);
    }
  });

  test("an opening is told by an image, which comes whatever is asked for", async () => {
    const { pixel } = await linksOf();
    for (const url of [pixel, pixel, "/o/nonsense.gif"]) {
      const { status, headers } = await desk.get(url);
      expect([status, headers["content-type"]]).toEqual([200, "image/gif"]);
    }
    expect((await clicks()).filter(([name]) => name === "$message.opened")).toHaveLength(1);
  });
});
