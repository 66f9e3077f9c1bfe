/** Templates become messages: what a value may do, what a template may do, and what an email is made of. */
import { describe, expect, test } from "vitest";
import type { TemplateDraft } from "../../src/messages/model.ts";
import { prepareTemplate, renderMessage } from "../../src/messages/render.ts";
import { FOOT, LINKS, bare, dataOf, emailIn, prepared, refusalOf } from "./rendering.ts";

describe("a value", () => {
  test("that holds Liquid is printed as it is and never read", async () => {
    const template = await prepared({
      channel: "email",
      subject: "{{ customer.traits.a }}",
      html: "<p>{{ customer.traits.a }}</p>",
      text: "{{ customer.traits.a }}",
    });
    const { subject, html, text } = emailIn(
      renderMessage(template, dataOf({ a: "{{ links.unsubscribe }}{% raw %}" }), bare),
    );
    expect([subject, text]).toEqual(["{{ links.unsubscribe }}{% raw %}", "{{ links.unsubscribe }}{% raw %}"]);
    expect(html).not.toContain("t.example");
  });

  test("that holds HTML stays text, in an element and in an attribute", async () => {
    const template = await prepared({
      channel: "email",
      subject: "s",
      html: '<a href="https://x.example" title="{{ customer.traits.a }}">{{ customer.traits.a }}</a>',
    });
    const { html, text } = emailIn(
      renderMessage(template, dataOf({ a: '"><script>alert(1)</script>' }), bare),
    );
    expect(html).not.toContain("<script");
    expect(html).toContain("&gt;&lt;script&gt;");
    // The text part says what the customer wrote, for nobody runs it there.
    expect(text).toContain('"><script>alert(1)</script>');
  });

  test("that holds line breaks begins no other header", async () => {
    const template = await prepared({
      channel: "email",
      subject: "Hello {{ customer.traits.a }}",
      from: "{{ customer.traits.a }}",
      html: "<p>x</p>",
    });
    const { subject, from } = emailIn(
      renderMessage(template, dataOf({ a: "Ann\r\nBcc: all@example.com\u2028\u0000x" }), bare),
    );
    expect(subject).toBe("Hello Ann Bcc: all@example.com x");
    expect(from).not.toMatch(/[\r\n]/);
  });

  test("cannot leave its string in JSON, and is whole with the json filter", async () => {
    const template = await prepared({
      channel: "webhook",
      url: "https://x.example/hook",
      body: '{"a":"{{ customer.traits.a }}","b":{{ customer.traits.b | json }}}',
    });
    const a = '","admin":true,"x":"\\';
    const rendering = renderMessage(template, dataOf({ a, b: { c: [1, '"'] } }), bare);
    expect(
      rendering.type === "rendered" &&
        rendering.content.channel === "webhook" &&
        JSON.parse(rendering.content.body),
    ).toEqual({ a, b: { c: [1, '"'] } });
  });

  test("makes no link that runs something", async () => {
    const template = await prepared({
      channel: "email",
      subject: "s",
      html: '<a href="{{ customer.traits.a }}">x</a>',
    });
    for (const a of [
      "javascript:alert(1)",
      " JaVaScRiPt:alert(1)",
      "java\tscript:alert(1)",
      "\u0001javascript:alert(1)",
      "data:text/html,x",
      "vbscript:x",
      "file:///etc/passwd",
    ])
      expect(emailIn(renderMessage(template, dataOf({ a }), bare)).html, a).toBe('<a href="#">x</a>');
    for (const a of ["https://x.example/?a=1&b=2", "mailto:a@x.example", "tel:+431", "#top"])
      expect(emailIn(renderMessage(template, dataOf({ a }), bare)).html, a).not.toContain('href="#"');
  });

  test("reaches nothing of the program: no prototype, no constructor, no file", async () => {
    const template = await prepared(
      {
        channel: "sms",
        text: "[{{ customer.constructor }}{{ customer.__proto__ }}{{ customer.traits.a.toString }}]",
      },
      { onMissing: "empty" },
    );
    const rendering = renderMessage(template, dataOf({ a: {} }), bare);
    expect(rendering).toMatchObject({ type: "rendered", content: { text: "[]" } });
    for (const source of [
      '{% include "/etc/passwd" %}',
      '{% render "x" %}',
      '{% layout "x" %}{% block a %}{% endblock %}',
      '{{ customer | where_exp: "x", "x" }}',
    ])
      await expect(prepared({ channel: "sms", text: source }), source).rejects.toThrow(
        /not found|undefined filter/,
      );
  });
});

describe("what is not known", () => {
  const text = "Hello {{ customer.traits.firstName }}!";
  test("refuses the message where the template says so, and names the variable and its place", async () => {
    const template = await prepared({ channel: "sms", text: `Line one\n${text}` });
    expect(renderMessage(template, dataOf({}), bare)).toMatchObject({
      type: "refused", reason: "missing_variable", problem: { path: "text", line: 2, message: expect.stringContaining("customer.traits.firstName") },
    }); // prettier-ignore
  });
  test("is left empty where the template says so", async () => {
    const template = await prepared({ channel: "sms", text }, { onMissing: "empty" });
    expect(renderMessage(template, dataOf({}), bare)).toMatchObject({ content: { text: "Hello !" } });
  });
  test("may be asked for, or given a default, in any template", async () => {
    const template = await prepared({
      channel: "sms",
      text: "{% if customer.traits.vip %}VIP{% endif %}Hello {{ customer.traits.firstName | default: 'you' }}",
    });
    expect(renderMessage(template, dataOf({}), bare)).toMatchObject({ content: { text: "Hello you" } });
  });
});

describe("a template", () => {
  test("reckons in decimals, and tells money and days as the customer reads them", async () => {
    const lines: readonly (readonly [string, string])[] = [
      ["{{ 9 | divided_by: 2 }}", "4"], ["{{ -9 | divided_by: 2 }}", "-5"], ["{{ '9.0' | divided_by: 2 }}", "4.5"], ["{{ 0.1 | plus: 0.2 }}", "0.3"],
      ["{{ 1.1 | times: 1.1 }}", "1.21"], ["{{ 4.35 | times: 100 }}", "435"], ["{{ 0.3 | minus: 0.1 }}", "0.2"], ["{{ -7 | modulo: 3 }}", "2"],
      ["{{ 1.005 | round: 2 }}", "1.01"], ["{{ '2.5' | round }}", "3"], ["{{ 'x' | plus: 1 }}", "1"],
      ["{{ 1990 | money_minor: 'EUR' }}", "€ 19,90"], ["{{ 19.9 | money: 'eur' }}", "€ 19,90"], ["{{ 500 | money_minor: 'JPY' }}", "¥ 500"],
      // 22:30 in London is 0:30 of the next day in Berlin.
      ["{{ 'now' | date: '%Y-%m-%d %H:%M' }}", "2026-07-02 00:30"], ["{{ 'now' | local_date }}", "2. Juli 2026"], ["{{ 'now' | local_time }}", "00:30"],
      // A birthday is the same day in every zone.
      ["{{ '1990-05-03' | local_date }}", "3. Mai 1990"], ["{{ '1990-05-03' | date: '%d.%m.' }}", "03.05."], ["{{ 'soon' | local_date }}", "soon"],
    ]; // prettier-ignore
    for (const [source, expected] of lines) {
      const template = await prepared({ channel: "sms", text: source });
      expect(renderMessage(template, dataOf({}), bare), source).toMatchObject({
        content: { text: expected },
      });
    }
  });

  test("that is wrong is told with its line and column, all its texts at once", async () => {
    const preparation = await prepareTemplate({
      name: "t",
      description: "",
      onMissing: "refuse",
      trackLinks: true,
      trackOpens: false,
      content: {
        channel: "email",
        subject: "{{ a | nope }}",
        html: "<p>\n  {% iff x %}</p>",
        mjml: undefined,
        text: undefined,
      },
    } as unknown as TemplateDraft);
    expect(preparation).toMatchObject({ type: "wrong", problems: [
      { path: "subject", line: 1, column: 1, message: expect.stringContaining("nope") },
      { path: "html", line: 2, column: 3, message: expect.stringContaining("iff") },
    ] }); // prettier-ignore
  });

  test("that never ends, or never stops growing, is refused in bounded time", async () => {
    for (const text of [
      "{% for i in (1..100000000) %}x{% endfor %}",
      "{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}",
      "{% assign a = 'xxxxxxxxxxxxxxxx' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}",
      "{% for i in (1..40000) %}{{ customer.traits.long }}{% endfor %}",
    ]) {
      const template = await prepared({ channel: "sms", text });
      expect(refusalOf(renderMessage(template, dataOf({ long: "x".repeat(100_000) }), bare)), text).toBe(
        "too_large",
      );
    }
  });

  test("says which fields of the customer it reads", async () => {
    const template = await prepared({
      channel: "email",
      subject: "{{ customer.traits.firstName }}",
      html: "{% for i in customer.cart.items %}{{ i.name }}{% endfor %}{{ event.total }}{{ links.receipt }}",
    });
    expect(template.fields).toEqual(["customer.cart.items", "customer.traits.firstName", "event.total"]);
  });
});

describe("an email", () => {
  const MJML = `<mjml><mj-body><mj-section>{% for item in customer.traits.items %}<mj-column>
    <mj-text color="{{ customer.traits.color }}">{{ item.name }}</mj-text><mj-button href="https://shop.example/p/{{ item.id }}?a=1&amp;b=2">Buy</mj-button></mj-column>{% endfor %}</mj-section></mj-body></mjml>`;

  test("of MJML has its Liquid where it was, also between components and in attributes", async () => {
    const template = await prepared({ channel: "email", subject: "s", mjml: MJML });
    const { html, text } = emailIn(
      renderMessage(
        template,
        dataOf({
          color: "#112233",
          items: [
            { id: 1, name: "Boots <3" },
            { id: 2, name: "Socks" },
          ],
        }),
        bare,
      ),
    );
    expect(html.match(/mj-column-per-100 mj-outlook/g)).toHaveLength(2);
    expect(html).toContain("color:#112233");
    expect(html).toContain("Boots &lt;3");
    expect(html).toContain('href="https://shop.example/p/2?a=1&amp;b=2"');
    expect(text).toBe(
      "Boots <3\nBuy (https://shop.example/p/1?a=1&b=2)\nSocks\nBuy (https://shop.example/p/2?a=1&b=2)",
    );
  });

  test("of wrong MJML is told where, and may read no file", async () => {
    for (const [mjml, message, line] of [
      ["<mjml><mj-body>\n<mj-sektion></mj-sektion></mj-body></mjml>", "mj-sektion", 2],
      ["<mjml><mj-body>\n\n<mj-include path='/etc/passwd' /></mj-body></mjml>", "mj-include", 3],
      ["<mjml><mj-body>\n<mj-section {% if a %}x='1'{% endif %}></mj-section></mj-body></mjml>", "{% if a %}", 2],
      ["Hello", "<mjml>", 1],
    ] as const)
      expect(await prepareTemplate({ name: "t", description: "", onMissing: "refuse", trackLinks: true, trackOpens: false, content: { channel: "email", subject: "s", mjml } }), mjml)
        .toMatchObject({ type: "wrong", problems: [{ path: "mjml", line, message: expect.stringContaining(message) }] }); // prettier-ignore
  });

  test("gets a foot with what its template does not show itself", async () => {
    const template = await prepared({
      channel: "email",
      subject: "s",
      html: "<html><body><p>Hi</p></body></html>",
    });
    const { html, text } = emailIn(renderMessage(template, dataOf({}), { ...bare, foot: FOOT }));
    for (const address of Object.values(LINKS))
      expect([html.includes(address), text.includes(address)]).toEqual([true, true]);
    expect(html).toContain("Boots &#38; Co, 1 High Street");
    expect(html.endsWith("</body></html>")).toBe(true);
    const own = await prepared({
      channel: "email",
      subject: "s",
      html: '<p><a href="{{ links.unsubscribe }}">Go</a> <a href="{{ links.preferences }}">p</a><a href="{{ links.receipt }}">r</a></p>',
    });
    const shown = emailIn(renderMessage(own, dataOf({}), { ...bare, foot: FOOT }));
    expect(shown.html).not.toContain("Boots");
    const order = emailIn(
      renderMessage(template, dataOf({}), { ...bare, foot: { ...FOOT, transactional: true } }),
    );
    expect(order.html).not.toContain(LINKS.unsubscribe);
    expect(order.html).toContain(LINKS.receipt);
  });

  test("speaks in its foot the language of whom it is for", async () => {
    const template = await prepared({ channel: "email", subject: "s", html: "<p>Hallo</p>" });
    const footIn = (locale: string) =>
      emailIn(renderMessage(template, dataOf({}), { ...bare, foot: FOOT, manner: { ...bare.manner, locale } })).text; // prettier-ignore
    expect(footIn("de-AT")).toMatch(/Abmelden: .*\nIhre Einstellungen: .*\nWarum bekomme ich das\?: /);
    expect(footIn("fr")).toContain("Se désabonner: ");
    expect(footIn("pl")).toContain("Unsubscribe: ");
  });

  test("leads its links through us, by one number each, and never those that end messages", async () => {
    const template = await prepared({
      channel: "email",
      subject: "s",
      html: '<a href="https://a.example/?x=1&amp;y=2">A</a><a HREF=\'https://b.example\'>B</a><a href="{{ links.unsubscribe }}">U</a><a href=mailto:x@y.example>M</a><!-- <a href="https://c.example"> -->',
      text: "See https://b.example, or https://d.example/x.",
    });
    const { html, text, links } = emailIn(
      renderMessage(template, dataOf({}), {
        ...bare,
        foot: FOOT,
        track: (_address, n) => `https://t.example/l/${n}`,
        openPixel: "https://t.example/o/1.gif",
      }),
    );
    expect(links).toEqual(["https://a.example/?x=1&y=2", "https://b.example", "https://d.example/x"]);
    expect(html).toContain(
      `<a href="https://t.example/l/0">A</a><a HREF='https://t.example/l/1'>B</a><a href="${LINKS.unsubscribe}">U</a><a href=mailto:x@y.example>M</a><!-- <a href="https://c.example"> -->`,
    );
    expect(html).toContain('<img src="https://t.example/o/1.gif"');
    expect(text).toContain("See https://t.example/l/1, or https://t.example/l/2.");
  });

  test("hides its preheader from the eye and from the text part", async () => {
    const template = await prepared({
      channel: "email",
      subject: "s",
      preheader: "Only {{ customer.traits.n }} left",
      html: "<body class='x'><p>Hi</p></body>",
    });
    const { html, text } = emailIn(renderMessage(template, dataOf({ n: "<2" }), bare));
    expect(html).toMatch(/^<body class='x'><div style="display:none[^>]*>Only &#60;2 left<\/div><p>/);
    expect(text).toBe("Hi");
  });

  test("without HTML still reads: lists, links behind their words, nothing of styles or what is hidden", async () => {
    const template = await prepared({
      channel: "email",
      subject: "s",
      html: "<head><title>T</title><style>p{}</style></head><h1>News</h1><p>One&nbsp;two<br>three</p><ul><li>a</li><li><a href='https://x.example/1'>b</a></li></ul><div style='color:red; display: none'>no<div>no</div></div><p>x&#x1F600;&amp;</p><table><tr><td>1</td><td>2</td></tr></table><img src=x alt='A boot'>",
    });
    expect(emailIn(renderMessage(template, dataOf({}), bare)).text).toBe(
      "News\n\nOne two\nthree\n\n- a\n- b (https://x.example/1)\n\nx😀&\n\n1 2\nA boot",
    );
  });
});
