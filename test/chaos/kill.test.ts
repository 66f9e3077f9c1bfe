import { expect, test } from "vitest";
import { SEED } from "../random.ts";
import { chaos } from "./rounds.ts";

const ROUNDS = Number(process.env["THROUGHLINE_CASES"] ?? 10);

test(
  `killed ${ROUNDS} times under load, everything answered 200 is there once (seed ${SEED})`,
  { timeout: ROUNDS * 30_000 },
  async () => {
    const lines: string[] = [];
    const findings = await chaos(ROUNDS, SEED, (line) => lines.push(line));
    const story = lines.join("\n");
    expect(findings.lost, story).toEqual([]);
    expect(findings.doubled, story).toEqual([]);
    expect(findings.wrongCustomers, story).toEqual([]);
    expect(findings.wrongSegments, story).toEqual([]);
    expect(findings.wrongJourneys, story).toEqual([]);
    expect(findings.orders, story).toBeGreaterThan(ROUNDS);
    expect(findings.answered, story).toBeGreaterThan(ROUNDS);
  },
);
