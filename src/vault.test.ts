/** Sealing: what comes out again, and what does not. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSealed, keyNameOf, keysIn, openedText, vaultOf } from "./vault.ts";

const [one, other] = [randomBytes(32), randomBytes(32)];

describe("a vault", () => {
  test("gives back any text that it sealed, for what it was sealed for and for nothing else", () => {
    const vault = vaultOf([one]);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), fc.string(), (text, about, else_) => {
        const sealed = vault.seal(text, about);
        expect(isSealed(sealed)).toBe(true);
        if (text.length > 5) expect(sealed).not.toContain(text);
        expect(vault.open(sealed, about)).toBe(text.toWellFormed());
        if (else_ !== about) expect(vault.open(sealed, else_)).toBeNull();
      }),
    );
  });

  test("never seals the same text alike, so that nobody sees who has the same password", () => {
    const vault = vaultOf([one]);
    expect(vault.seal("hush", "a")).not.toBe(vault.seal("hush", "a"));
  });

  test("opens nothing that was changed, cut or made up", () => {
    const vault = vaultOf([one]);
    const sealed = vault.seal("a secret of some length", "a");
    const data = sealed.split(".")[3]!;
    fc.assert(
      fc.property(fc.nat(data.length - 1), fc.constantFrom("A", "b", "9", "_"), (at, letter) => {
        const changed = `${sealed.slice(0, -data.length)}${data.slice(0, at)}${letter}${data.slice(at + 1)}`;
        const same = Buffer.from(changed.split(".")[3]!, "base64url").equals(Buffer.from(data, "base64url"));
        expect(vault.open(changed, "a")).toBe(same ? "a secret of some length" : null);
      }),
    );
    for (const text of ["", "sealed.1", `sealed.1.${vault.keyName}.`, sealed.slice(0, 40), "sealed.2.x.y"]) expect(vault.open(text, "a")).toBeNull(); // prettier-ignore
  });

  test("seals with its first key and opens with all of them", () => {
    const before = vaultOf([one]).seal("hush", "a");
    const both = vaultOf([other, one]);
    expect(both.open(before, "a")).toBe("hush");
    expect(keyNameOf(both.seal("x", "a"))).toBe(vaultOf([other]).keyName);
    expect(vaultOf([other]).open(before, "a")).toBeNull();
    expect(openedText(vaultOf([other]), "not sealed yet", "a")).toBe("not sealed yet");
  });

  test("takes keys as openssl prints them, and says what is wrong with others", () => {
    expect(keysIn(`${one.toString("base64")}\n${other.toString("base64")}\n`, "here")).toEqual([one, other]);
    for (const text of ["", "short", `${one.toString("base64")},AAAA`])
      expect(() => keysIn(text, "THE_KEY")).toThrow(/THE_KEY holds no key.*openssl rand -base64 32/);
  });
});
