/** A provider's form and its configuration are two ways of writing the same. */
import { expect, test } from "vitest";
import { CHANNELS_OF, CONFIGS, type DriverName, SECRETS_OF } from "../../src/messages/drivers/model.ts";
import { configOf, DRIVERS, typedOf } from "./provider-fields.ts";

const fieldsOf = (driver: DriverName) => DRIVERS.find((one) => one.driver === driver)!.fields;

test("every driver is offered, for the channels it serves", () => {
  expect(Object.fromEntries(DRIVERS.map(({ driver, channels }) => [driver, channels]))).toEqual(CHANNELS_OF);
});

test("every secret that is asked for is typed unseen, and no other field is", () => {
  for (const { driver, fields } of DRIVERS) {
    const secrets = SECRETS_OF[driver].map((path) => path.join("."));
    for (const { path, kind } of fields)
      expect(kind === "secret" || kind === "long_secret", `${driver} ${path}`).toBe(secrets.includes(path));
  }
});

test("what a person types becomes a configuration the driver takes", () => {
  const typed = { host: "mail.example", port: "2525", from: "a@b.example", "dkim.domain": "b.example", "dkim.selector": "s1", user: " " }; // prettier-ignore
  const config = configOf(typed, fieldsOf("smtp"));
  expect(config).toEqual({ host: "mail.example", port: 2525, from: "a@b.example", dkim: { domain: "b.example", selector: "s1" } }); // prettier-ignore
  expect(CONFIGS.smtp.safeParse(config).success).toBe(true);
});

test("changing keeps what the form does not ask for, and leaves empty secrets away", () => {
  const stored = { host: "mail.example", from: "a@b.example", reports: { from: "mailgun" }, dkim: { domain: "b.example", selector: "s1" } }; // prettier-ignore
  const fields = fieldsOf("smtp");
  const same = configOf(typedOf(stored, fields), fields, stored);
  expect(same).toEqual(stored);
  expect(configOf({ ...typedOf(stored, fields), "dkim.domain": "", "dkim.selector": "" }, fields, stored)).not.toHaveProperty("dkim"); // prettier-ignore
});
