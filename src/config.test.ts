import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configOf, configurationPage } from "./config.ts";

test("the manual's page is the schema's", () => {
  expect(readFileSync("docs/configuration.md", "utf8")).toBe(configurationPage());
});
test("nothing set is enough, and an empty value counts as unset", () => {
  expect(configOf({})).toEqual(configOf({ PORT: "", DATABASE_URL: "" }));
  expect(configOf({})).toMatchObject({ PORT: 3000, roles: ["collector", "worker", "sender", "api"] });
});
test("flags go before the environment", () => {
  const config = configOf({ PORT: "1", THROUGHLINE_ROLES: "api" }, { port: "2", roles: "worker, api" });
  expect(config).toMatchObject({ PORT: 2, roles: ["worker", "api"] });
});
test("what cannot be is told with its name and value", () => {
  expect(() => configOf({ PORT: "many" })).toThrow(/PORT.*"many"/);
  expect(() => configOf({}, { roles: "king" })).toThrow(/"king" is no role/);
  expect(() => configOf({ THROUGHLINE_WRITE_KEY: "two words" })).toThrow(/THROUGHLINE_WRITE_KEY/);
});
