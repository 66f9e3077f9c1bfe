/** The limits of each channel, and that no value breaks a rendering. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Content } from "../../src/messages/model.ts";
import { renderMessage } from "../../src/messages/render.ts";
import { smsPartsOf } from "../../src/messages/render-sms.ts";
import type { Json } from "../../src/values.ts";
import { FOOT, bare, dataOf, prepared, refusalOf } from "./rendering.ts";

describe("the limits of channels", () => {
  test("count a text as the network cuts it", () => {
    expect(smsPartsOf("a".repeat(160))).toEqual({ alphabet: "gsm7", units: 160, parts: 1 });
    expect(smsPartsOf("a".repeat(161))).toMatchObject({ units: 161, parts: 2 });
    expect(smsPartsOf("€".repeat(80))).toMatchObject({ alphabet: "gsm7", units: 160, parts: 1 });
    // A sign of two septets is not cut: 152 + 2 do not fit into 153.
    expect(smsPartsOf("a".repeat(152) + "€" + "a".repeat(152))).toMatchObject({ units: 306, parts: 3 });
    expect(smsPartsOf("я".repeat(70))).toEqual({ alphabet: "ucs2", units: 70, parts: 1 });
    expect(smsPartsOf("я".repeat(71))).toMatchObject({ parts: 2 });
    expect(smsPartsOf("😀".repeat(67))).toMatchObject({ units: 134, parts: 3 });
    expect(smsPartsOf("")).toMatchObject({ parts: 0 });
  });

  test("refuse what would not fit, and what would be empty", async () => {
    const long = dataOf({ long: "x".repeat(5_000), none: " ", url: "ftp://x" });
    const of = async (content: Partial<Content> & { channel: Content["channel"] }) =>
      refusalOf(renderMessage(await prepared(content), long, bare));
    expect(await of({ channel: "sms", text: "{{ customer.traits.long }}" })).toBe("too_large");
    expect(await of({ channel: "sms", text: "{{ customer.traits.none }}" })).toBe("template_error");
    expect(await of({ channel: "web_push", title: "t", body: "{{ customer.traits.long }}" })).toBe(
      "too_large",
    );
    expect(
      await of({ channel: "mobile_push", title: "t", body: "b", data: { a: "{{ customer.traits.long }}" } }),
    ).toBe("too_large");
    expect(await of({ channel: "web_push", title: "{{ customer.traits.none }}", body: "b" })).toBe(
      "template_error",
    );
    expect(
      await of({
        channel: "in_app",
        title: "t",
        body: "b",
        url: "{{ customer.traits.url }}",
        place: "inbox",
      }),
    ).toBe("template_error");
    expect(
      await of({ channel: "webhook", url: "https://x.example", body: "{ {{ customer.traits.none }}" }),
    ).toBe("template_error");
    expect(await of({ channel: "email", subject: "{{ customer.traits.long }}", html: "x" })).toBe(
      "too_large",
    );
  });
});

test("rendering never throws, and never lets a value out of its place, whatever the traits are", async () => {
  const email = await prepared(
    {
      channel: "email",
      subject: "{{ customer.traits.a }}",
      html: '<p title="{{ customer.traits.a }}">{{ customer.traits.a }}{% for x in customer.traits.a %}{{ x }}{% endfor %}</p><a href="{{ customer.traits.b }}">x</a>',
      text: "{{ customer.traits.a | upcase | plus: 1 }}{{ customer.traits.b | local_date }}{{ customer.traits.b | money: customer.traits.a }}",
    },
    { onMissing: "empty" },
  );
  const hook = await prepared(
    {
      channel: "webhook",
      url: "https://x.example",
      body: '{"a":"{{ customer.traits.a }}","b":{{ customer.traits.b | json }}}',
    },
    { onMissing: "empty" },
  );
  const nasty = fc.oneof(
    fc.json().map((text) => JSON.parse(text) as Json),
    fc.string({ unit: "binary" }),
    fc.constantFrom<Json>(
      "{{ x }}",
      "</p><script>",
      '"',
      "\\",
      "\r\n",
      "__proto__",
      1e308,
      -0,
      "%}",
      "\ud800",
      "javascript:1",
      "<a href='javascript:1'>",
    ),
  );
  fc.assert(
    fc.property(nasty, nasty, (a, b) => {
      const data = dataOf({ a, b } as Json);
      const rendering = renderMessage(email, data, {
        ...bare,
        foot: FOOT,
        track: (_, n) => `https://t.example/l/${n}`,
      });
      if (rendering.type === "rendered" && rendering.content.channel === "email") {
        const { html, subject } = rendering.content;
        expect(html.match(/<(?!\/?(?:p|a|div|br)\b)/g)).toBeNull();
        expect(html).not.toMatch(/href="\s*javascript/i);
        expect(subject).not.toMatch(/[\r\n]/);
        // What no store could hold is not in it.
        for (const part of [html, subject, rendering.content.text]) expect([part.includes("\u0000"), part.isWellFormed()]).toEqual([false, true]); // prettier-ignore
      }
      const posted = renderMessage(hook, data, bare);
      if (posted.type === "rendered" && posted.content.channel === "webhook")
        expect(Object.keys(JSON.parse(posted.content.body) as object)).toEqual(["a", "b"]);
    }),
    { numRuns: 1000 },
  );
});
