/** Alerts and digests in words: days of the workspace's clock, how sure, of how many, of when and by which method. */
import { expect, test } from "vitest";
import type { FunnelAnswer, MetricsAnswer } from "../metrics/model.ts";
import { alertWords, basisWords, funnelSection, mailOf, metricsSection } from "./words.ts";

const interval = (low: number, high: number) => ({ low, high, level: 0.95 });
/** Midnight of 20 November in Berlin. */
const since = "2026-11-19T23:00:00.000Z";
const change = { since, direction: "down" as const, before: 0.2, after: 0.04, sizeRatio: -0.8, pValue: 0.0001, afterInterval: interval(0.03, 0.05), n: 1234 }; // prettier-ignore

test("an alert says the day by the workspace's clock, the interval and of how many", () => {
  const words = (zone: string) => alertWords("Conversion", { part: null, name: "All" }, change, "ratio", zone); // prettier-ignore
  expect(words("Europe/Berlin")).toBe("Conversion fell from 20 % to 4 % (3 % to 5 %, of 1,234), since 20 Nov 2026."); // prettier-ignore
  expect(words("America/New_York")).toContain("since 19 Nov 2026");
  expect(alertWords("Revenue", { part: "x", name: "X" }, { ...change, afterInterval: null }, "money", "UTC")).toBe("Revenue (X) fell from 0.2 to 0.04 (of 1,234), since 19 Nov 2026."); // prettier-ignore
});

test("a section of a digest says the period, until when events count and the method, and its changes the day", () => {
  const basis = basisWords({ from: "2026-11-14T23:00:00.000Z", to: "2026-11-21T23:00:00.000Z" }, { asOfAt: Date.parse("2026-11-22T07:05:00Z"), events: 5000, customers: 300 }, "Europe/Berlin", "Counted."); // prettier-ignore
  expect(basis).toBe("15 Nov 2026 to 21 Nov 2026 (Europe/Berlin), as of 22 Nov 2026, 08:05, from 5,000 events of 300 customers. Counted."); // prettier-ignore
  const metrics = { metrics: [{ title: "Conversion", unit: "ratio", figures: [{ part: null, name: "All", result: { type: "estimate", value: 0.2, interval: interval(0.1, 0.3), n: 50 }, changes: { type: "watched", changes: [change] } }] }], zone: "Europe/Berlin" } as unknown as MetricsAnswer; // prettier-ignore
  const section = metricsSection("Shop", metrics, basis);
  expect(section.rows).toEqual([["Conversion", "20 %", "10 % to 30 %", "50", "down from 20 % since 20 Nov 2026"]]); // prettier-ignore
  const little = funnelSection("Steps", { funnel: { type: "too_little_data", found: 1, needed: 20, detail: "1 began." }, groups: null } as unknown as FunnelAnswer, basis); // prettier-ignore
  const mail = mailOf("Monday", "Test", [section, little], null);
  expect(mail.text.split(basis)).toHaveLength(3);
  expect(mail.html.split(basis)).toHaveLength(3);
});
