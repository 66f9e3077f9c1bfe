import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createLog, loggedOf, scrub } from "./log.ts";

describe("the log", () => {
  test.each([
    ["Key (email)=(ann@example.com) exists", "Key (email)=([e-mail]) exists"],
    ["to <ann.b+tag@mail.example.co.uk>, now", "to <[e-mail]>, now"],
    ["called +49 170 1234567 twice", "called [number] twice"],
    ["555-867-5309", "[number]"],
    ["line 42 of 1000 rows", "line 42 of 1000 rows"],
  ])("takes people out of %j", (text, expected) => {
    expect(scrub(text)).toBe(expected);
  });

  test("keeps an error's kind, code and place, and not the row PostgreSQL quotes", () => {
    const cause = Object.assign(new Error('duplicate key "ann@example.com"'), {
      code: "23505",
      detail: "Key (email)=(ann@example.com)",
      where: "ann@example.com",
    });
    const logged = loggedOf(new Error("could not save +491701234567", { cause }));
    expect(logged).toMatchObject({
      name: "Error",
      message: "could not save [number]",
      cause: { code: "23505" },
    });
    expect(logged.stack).toContain("log.test.ts");
    expect(JSON.stringify(logged)).not.toMatch(/ann@|1701234567/);
  });

  test("writes one line of JSON a happening, with the level in words", () => {
    const lines: string[] = [];
    const log = createLog(
      "info",
      new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }),
    );
    log.debug("quiet");
    log.warn({ err: new Error("for ann@example.com") }, "a fault");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: "warn",
      msg: "a fault",
      err: { message: "for [e-mail]" },
    });
  });
});
