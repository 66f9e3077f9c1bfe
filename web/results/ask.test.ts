import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AttributionAsked, MODELS } from "../../src/attribution/model.ts";
import { FunnelAsked, MetricsAsked, RetentionAsked } from "../../src/metrics/model.ts";
import { askOfFunnel, attributionOf, funnelOf, isWhole, MODEL_TITLES, metricsOf, placeOf, retentionOf } from "./ask.ts"; // prettier-ignore

const SCOPE = { from: "2026-10-01T00:00:00.000Z", to: "2026-11-01T00:00:00.000Z" };

describe("what an address asks", () => {
  test("is a request the server takes, whatever stands in the address", () => {
    const name = fc.constantFrom("steps", "order", "window", "exclusions", "per", "breakdown", "first", "every", "kind", "cells", "conversion", "models", "by", "lookbackDays", "horizonMs", "business", "goalStage"); // prettier-ignore
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 3 })), (ask) => {
        expect(RetentionAsked.safeParse({ ...retentionOf(ask), scope: SCOPE }).error).toBeUndefined();
        expect(MetricsAsked.safeParse({ ...metricsOf(ask), scope: SCOPE }).error).toBeUndefined();
        const attribution = attributionOf(ask);
        if (attribution.conversion.event !== "")
          expect(AttributionAsked.safeParse({ ...attribution, scope: SCOPE }).error).toBeUndefined();
        const funnel = funnelOf(ask);
        if (funnel && isWhole(funnel)) expect(FunnelAsked.safeParse({ ...askOfFunnel(funnel), scope: SCOPE }).error).toBeUndefined();
      }),
    );
  }); // prettier-ignore

  test("keeps a funnel as it was built", () => {
    const built = {
      steps: [{ event: "Product Viewed", where: [] }, { event: "Order Completed", where: [{ property: "total", is: { op: "above", value: 10 } }] }],
      order: "ordered", windowMs: 86_400_000, windowFrom: "before", exclusions: [{ event: "Order Refunded", where: [], after: 1 }], per: "visit", breakdown: { by: "property", property: "category" },
    } as const; // prettier-ignore
    const funnel = funnelOf(askOfFunnel(built as never));
    expect(funnel).toEqual(built);
    expect(funnelOf(JSON.parse(JSON.stringify(askOfFunnel(funnel!))))).toEqual(built);
  });

  test("counts from the first step where any order will do, for nothing else is asked then", () => {
    const ask = { steps: [{ event: "a" }, { event: "b" }], order: "any", window: { ms: 5000, from: "before" }, exclusions: [{ event: "c", after: 1 }] }; // prettier-ignore
    expect(funnelOf(ask)).toMatchObject({ windowFrom: "first", exclusions: [{ event: "c", where: [] }] });
  });

  test("knows a funnel that is not finished", () => {
    const steps = [{ event: "a" }, { event: "" }];
    expect(isWhole(funnelOf({ steps })!)).toBe(false);
    expect(funnelOf({ steps: [{ event: "a" }] })).toBeNull();
  });

  test("has a name for every way to divide conversions", () => {
    expect(Object.keys(MODEL_TITLES)).toEqual([...MODELS]);
  });
});

describe("a kept view", () => {
  test("opens on its screen with all that was asked, its period moving with the day", () => {
    const body = { scope: { ...SCOPE, segment: 3 }, every: "week", kind: "rolling" };
    expect(placeOf({ path: "/v1/retention", body, lastDays: 28 }, "UTC")).toEqual({
      to: "/results/retention",
      search: { days: "28", whole: "yes", segment: "3", ask: { every: "week", kind: "rolling" } },
    });
  });

  test("of a question that no screen shows opens nowhere", () => {
    expect(placeOf({ path: "/v1/moments", body: {}, lastDays: null }, "UTC")).toBeNull();
    expect(placeOf({ path: "toString", body: {}, lastDays: null }, "UTC")).toBeNull();
  });
});
