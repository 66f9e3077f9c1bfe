import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "./errors.ts";
import { cursorOf, placeOf } from "./paging.ts";

describe("a cursor", () => {
  test("names the place it was made of, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), fc.maxSafeInteger(), (text, n) => {
        expect(placeOf(cursorOf([text, n]), ["string", "number"])).toEqual([text, n]);
      }),
    );
  });

  test("is none when absent", () => {
    expect(placeOf(undefined, ["number"])).toBeNull();
    expect(placeOf("", ["number"])).toBeNull();
  });

  test("that is none of ours is a bad request, never a fault", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          placeOf(text, ["number", "string"]);
        } catch (cause) {
          expect((cause as Failure).code).toBe("bad_request");
        }
      }),
    );
    expect(() => placeOf(cursorOf(["1"]), ["number"])).toThrow(Failure);
    expect(() => placeOf(cursorOf([1, 2]), ["number"])).toThrow(Failure);
    expect(() => placeOf("x".repeat(5_000), ["number"])).toThrow(Failure);
  });
});
