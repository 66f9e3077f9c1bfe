/** The customers' pages in each language: nothing is left out of a phrase, and the language is the one they like. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALL_PHRASES, LANGUAGES, type Phrase, languageFor, speechIn } from "./page-words.ts";

const phrases = Object.entries(ALL_PHRASES) as unknown as readonly (readonly [Phrase, readonly string[]])[];
const placesIn = (text: string): readonly string[] => [...new Set(text.match(/\{\w+\}/g))].toSorted();

describe("what customers' pages say", () => {
  test.each(phrases)("%s, in every language with the same to put in", (english, translated) => {
    expect(translated).toHaveLength(LANGUAGES.length - 1);
    for (const text of translated) {
      expect(text.trim()).not.toBe("");
      // A sentence may name the message by its channel alone, or by what it is called.
      const places = placesIn(text).map((place) => (place === "{by}" && english.includes("{what}") && !english.includes("{by}") ? "{what}" : place)); // prettier-ignore
      expect(places.toSorted()).toEqual(placesIn(english));
      expect(/[.:?]\s*$/.exec(text)?.[0].trim()).toBe(/[.:?]\s*$/.exec(english)?.[0].trim());
    }
  });

  test("puts values in as they are, and leaves no gap behind", () => {
    for (const language of LANGUAGES)
      for (const [phrase] of phrases) {
        const values = Object.fromEntries(["when", "name", "what", "by", "day", "n", "passed", "not", "from", "to", "zone", "subject", "fields", "field", "purpose", "source", "version", "step"].map((name) => [name, "{name} $& x"])); // prettier-ignore
        expect(speechIn(language).say(phrase, values)).not.toMatch(/\{(?!name\} \$& x)/);
      }
  });

  test("retells what an older part of us wrote down, and leaves the business's own words alone", () => {
    const { retold } = speechIn("de");
    expect(retold('You are in the plan "Saved cart".')).toBe("Sie sind im Plan „Saved cart“.");
    expect(retold("our team")).toBe("unser Team");
    expect(retold("You left something in your cart.")).toBe("You left something in your cart.");
    expect(retold("toString")).toBe("toString");
  });
});

describe("the language of a customer's page", () => {
  test("is the one known of them before the one of their browser, and English where we speak neither", () => {
    expect(languageFor(["fr-CA"], "de")).toBe("fr");
    expect(languageFor([undefined, "ES_mx"], "de")).toBe("es");
    expect(languageFor(["it", 7, null], "de-AT,de;q=0.9,en;q=0.8")).toBe("de");
    expect(languageFor([], "it-IT, pt;q=0.9")).toBe("en");
    expect(languageFor([], undefined)).toBe("en");
  });

  test("is what the browser likes best, not what it names first", () => {
    expect(languageFor([], "en;q=0.2, fr;q=0.8, de;q=0.5")).toBe("fr");
    expect(languageFor([], "de;q=0, es")).toBe("es");
    expect(languageFor([], "fr;q=0.7,de;q=0.7")).toBe("fr");
  });

  test("comes of any header whatever", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.anything()), (header, known) => {
        expect(LANGUAGES).toContain(languageFor(known, header));
      }),
    );
  });
});
