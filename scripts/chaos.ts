/** The long run of the kill test, unattended: `npm run chaos -- ROUNDS SEED` (100 rounds if not said). */
import { chaos } from "../test/chaos/rounds.ts";

const rounds = Number(process.argv[2] ?? 100);
const seed = Number(process.argv[3] ?? Date.now() % 1e9);
console.log(`${rounds} rounds, seed ${seed}`);
const findings = await chaos(rounds, seed, (line) => console.log(line));
console.log(
  JSON.stringify({
    ...findings,
    lost: findings.lost.length,
    doubled: findings.doubled.length,
    wrongCustomers: findings.wrongCustomers.length,
    wrongSegments: findings.wrongSegments,
    wrongJourneys: findings.wrongJourneys,
  }),
);
process.exitCode =
  findings.lost.length +
    findings.doubled.length +
    findings.wrongCustomers.length +
    findings.wrongSegments.length +
    findings.wrongJourneys.length ===
  0
    ? 0
    : 1;
