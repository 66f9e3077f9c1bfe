/** Holds the imports to the room table: a room may use only the rooms named before it, and pure files only pure files. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

/** The order of ARCHITECTURE.md. Single files of `src/` are rooms of one file; http/app.ts holds only types. */
const ROOMS = [
  "values", "errors", "nap", "rounds", "aside", "gather", "priority", "config", "paging", "csv", "csv-records", "db", "vault", "http/app", "telemetry", "consent", "experiments", "identity", "events", "log", "customers", "webhooks", "segments", "catalogue", "permission", "recommendations", "messages", "journeys", "people", "learning", "decisions", "analysis", "map", "metrics", "attribution", "lifetime", "needs", "questions", "gaps", "desk", "digest", "analyses", "access",
  "imports", "lanes", "memory", "pipeline", "sending", "reseal", "chores", "worker", "worker-host", "worker-thread", "upkeep", "http", "start", "serve", "cli", "main",
]; // prettier-ignore
/** Rules without a clock, randomness or I/O: these and what they import. */
const PURE = [
  "values.ts", "errors.ts", "paging.ts", "consent/channels.ts", "csv.ts", "csv-records.ts", "*/model.ts", "customers/document.ts", "customers/fold.ts", "customers/cart.ts", "customers/told.ts", "customers/names.ts",
  "customers/view.ts", "identity/resolve.ts", "identity/directory.ts", "events/steps.ts", "events/channel.ts", "events/classify.ts",
  "events/identifiers.ts", "events/consents.ts", "events/touchpoint.ts", "events/clock.ts", "imports/mapping.ts", "imports/presets.ts",
  "segments/compare.ts", "segments/track.ts", "segments/measure.ts", "segments/match.ts", "segments/bands.ts", "segments/decide.ts",
  "segments/document.ts", "segments/words.ts", "segments/explain.ts", "segments/check.ts", "segments/references.ts", "segments/starters.ts",
  "segments/bands.ts", "webhooks/model.ts", "messages/drivers/smtp-answer.ts", "messages/drivers/mime.ts", "messages/drivers/dsn.ts", "messages/drivers/stop-words.ts", "permission/zone.ts", "permission/locate.ts", "permission/caps.ts", "permission/consents.ts", "permission/holds.ts", "permission/allow.ts",
  "permission/recipient.ts", "permission/policy.ts",
  "catalogue/told.ts", "catalogue/cart.ts", "catalogue/feed-rows.ts", "catalogue/hook-shopify.ts",
  "experiments/hash.ts", "experiments/variation.ts", "experiments/assign.ts", "experiments/distributions.ts", "experiments/compare.ts",
  "journeys/ways.ts", "journeys/walk.ts", "journeys/enter.ts", "journeys/entered.ts", "journeys/dates.ts", "journeys/chance.ts", "journeys/upcoming.ts",
  "messages/judge.ts", "messages/settlement.ts", "messages/address.ts", "messages/happenings.ts",
  "experiments/verdict.ts", "experiments/bandit.ts", "journeys/cron.ts", "journeys/call-rules.ts", "journeys/starters-mail.ts", "journeys/starters-model.ts", "journeys/starters-sell.ts", "journeys/starters-serve.ts", "cli/references.ts",
  "messages/links.ts", "messages/footer.ts", "messages/mail-body.ts", "messages/receipt.ts", "messages/receipt-page.ts", "messages/page-words.ts", "messages/preferences-page.ts", "messages/liquid-filters.ts", "messages/liquid-numbers.ts",
  "messages/render-data.ts", "messages/render-sms.ts", "messages/preferences.ts",
  "journeys/replay-model.ts", "journeys/replay-note.ts", "journeys/replay-run.ts", "journeys/replay-words.ts", "journeys/replay-tally.ts", "journeys/try.ts", "journeys/results-model.ts",
  "recommendations/sql.ts", "recommendations/rank.ts", "recommendations/offer.ts", "recommendations/person.ts",
  "desk/sought.ts", "desk/masked.ts", "desk/talk.ts", "desk/due.ts", "desk/avoid.ts", "desk/next.ts", "desk/missing.ts", "desk/write.ts",
  "learning/encode.ts", "learning/believe.ts", "learning/choose.ts", "learning/evaluate.ts", "learning/guard.ts", "learning/workout.ts", "learning/context.ts",
  "decisions/eligible.ts", "decisions/decide.ts", "decisions/outcome.ts",
  "analysis/moments.ts", "map/judged-model.ts", "map/judge.ts", "map/show.ts", "map/sql.ts", "map/conform.ts", "map/tables.ts", "map/words.ts", "questions/vocabulary.ts", "questions/wording.ts", "questions/rate.ts", "gaps/judge.ts", "gaps/value.ts", "gaps/state.ts", "gaps/series.ts", "gaps/remedies.ts", "metrics/intervals.ts", "metrics/calendar.ts", "metrics/currency.ts", "metrics/funnel-steps.ts", "metrics/funnel-sql.ts", "metrics/retention-cells.ts", "metrics/tables.ts", "metrics/matching.ts",
  "metrics/change.ts", "metrics/survival.ts", "metrics/catalogue.ts", "digest/words.ts",
  "attribution/paths.ts", "attribution/rules.ts", "attribution/chain.ts", "attribution/shapley.ts", "attribution/credits.ts",
  "lifetime/special.ts", "lifetime/bgnbd.ts", "lifetime/paretonbd.ts", "lifetime/gammagamma.ts", "lifetime/climb.ts", "lifetime/fitting.ts", "lifetime/histories.ts",
  "lifetime/foretell.ts", "lifetime/sums.ts", "lifetime/workout.ts", "lifetime/tell.ts", "lifetime/document.ts",
  "needs/logistic.ts", "needs/quality.ts", "needs/learn.ts", "needs/goals.ts", "needs/features.ts", "needs/reasons.ts", "needs/tell.ts", "needs/document.ts", "needs/hours.ts", "journeys/best-time.ts",
]; // prettier-ignore
const PACKAGES = ["zod", "ml-matrix", "isbot", "bowser", "libphonenumber-js", "lru-cache", "croner"];

const roomOf = (path: string): string => {
  const inside = path.slice("src/".length).replace(/\.ts$/, "");
  return inside === "http/app" ? inside : inside.split("/")[0]!;
};
const importsOf = (path: string): readonly string[] =>
  [...readFileSync(path, "utf8").matchAll(/^(?:import|export)\b(?:[^"']*?\bfrom)?\s*"([^"]+)"/gm)].map(
    ([, name]) => name!,
  );
/** Types vanish when the program runs: a pure file may name the type of a thing it never touches. */
const valueImportsOf = (path: string): readonly string[] =>
  [
    ...readFileSync(path, "utf8").matchAll(
      /^(?:import|export)\b(?!\s+type\b)(?:[^"']*?\bfrom)?\s*"([^"]+)"/gm,
    ),
  ].map(([, name]) => name!);
const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((path) => `src/${path}`)
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

test.each(files)("%s looks only at rooms before its own", (path) => {
  for (const name of importsOf(path)) {
    if (!name.startsWith(".")) continue;
    const [from, to] = [roomOf(path), roomOf(join(dirname(path), name))];
    expect(ROOMS, `${to} is no room of the table`).toContain(to);
    expect(ROOMS.indexOf(to), `${path} looks up to ${name}`).toBeLessThanOrEqual(ROOMS.indexOf(from));
  }
});

const pure = files.filter((path) =>
  PURE.some((name) => (name.startsWith("*") ? path.endsWith(name.slice(1)) : path === `src/${name}`)),
);
test.each(pure)("%s is pure", (path) => {
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const name of valueImportsOf(file)) {
      if (name.startsWith(".")) walk(join(dirname(file), name));
      else
        expect(
          PACKAGES.some((allowed) => name === allowed || name.startsWith(`${allowed}/`)),
          `${path} reaches ${name} through ${file}`,
        ).toBe(true);
    }
    expect(readFileSync(file, "utf8"), `${file} reads the clock or draws randomness`).not.toMatch(
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/,
    );
  };
  walk(path);
});

/** The SDKs live in other people's programs: no package, nothing of the server's, and rules as pure as the server's. */
const SDK_PURE = ["browser/field.ts", "browser/limits.ts", "browser/wait.ts", "browser/waiting.ts", "server/token.ts"]; // prettier-ignore
const sdkFiles = readdirSync("sdk", { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts")); // prettier-ignore
test.each(sdkFiles)("sdk/%s needs nothing but its own SDK", (path) => {
  for (const name of importsOf(`sdk/${path}`)) expect(name).toMatch(/^\.\/[\w-]+\.ts$/);
  if (SDK_PURE.includes(path))
    expect(readFileSync(`sdk/${path}`, "utf8")).not.toMatch(/\bDate\b|\bMath\.random\(|\bperformance\b|\bfetch\(|\bdocument\b|\bwindow\b/); // prettier-ignore
});
