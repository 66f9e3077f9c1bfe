/**
 * The only reader of the environment and the command line: one schema, every key with a default and a sentence.
 * `throughline --help` and docs/configuration.md are printed from it.
 */
import { resolve } from "node:path";
import { z } from "zod";
import { Failure } from "./errors.ts";

export const ROLES = ["collector", "worker", "sender", "api"] as const;
export type Role = (typeof ROLES)[number];

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(["true", "false", "1", "0"]).transform((text) => text === "true" || text === "1");
const key = z.string().regex(/^[A-Za-z0-9._~-]{1,128}$/, "1 to 128 letters, digits, ., _, ~ or -");

export const Configuration = z.object({
  PORT: port.default(3000).describe("The port to listen on; 0 takes a free one."),
  HOST: z.string().default("0.0.0.0").describe("The address to listen on."),
  THROUGHLINE_DATA: z.string().min(1).default("./data").describe("The folder for all data of the embedded stores."),
  THROUGHLINE_URL: z.url().optional().describe("The address customers and browsers reach this server by; default http://localhost:PORT."),
  THROUGHLINE_WRITE_KEY: key.optional().describe("Presets the first workspace's write key."),
  THROUGHLINE_SECRET_KEY: key.optional().describe("Presets the first workspace's secret key."),
  THROUGHLINE_ROLES: z.string().default(ROLES.join(",")).describe("The roles of this process, separated by commas: collector, worker, sender, api."),
  THROUGHLINE_LOG: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info").describe("The least severe log line to write."),
  THROUGHLINE_STORE_IP: flag.default(false).describe("Keep the IP addresses of visitors. Off: they are never written anywhere."),
  THROUGHLINE_INBOX_DAYS: z.coerce.number().int().min(1).max(365).default(7).describe("Days the inbox is kept for replay after it was processed."),
  THROUGHLINE_SEEN_DAYS: z.coerce.number().int().min(1).max(3650).default(400).describe("Days a message id is remembered, so that a second event of the same id is dropped."),
  THROUGHLINE_INBOX_MAX: z.coerce.number().int().min(1000).default(2_000_000).describe("Events waiting to be processed at which the door answers 429."),
  THROUGHLINE_RATE_PER_KEY: z.coerce.number().int().min(1).default(100_000).describe("Events a second one write key may send before it is answered 429."),
  THROUGHLINE_API_RATE_PER_KEY: z.coerce.number().int().min(1).default(1000).describe("Requests a second one secret key or one person may make of the management API, over ten seconds."),
  THROUGHLINE_DECIDE_MS: z.coerce.number().int().min(5).max(10_000).default(50).describe("Milliseconds a decision may take inside of the server before the page is told to show its default."),
  THROUGHLINE_ENCRYPTION_KEY: z.string().max(2_000).optional().describe("What secrets in the database are sealed with: base64 of 32 bytes; several, separated by commas: the first seals, all open. Default: `encryption.key` in the data folder, made at the first start."),
  THROUGHLINE_BOUNCE_PORT: port.optional().describe("A port on which processes with the role sender take mail that came back (SMTP), see docs/providers.md. Default: none."),
  DATABASE_URL: z.string().optional().describe("A PostgreSQL 15+ server to use instead of the embedded one."),
  CLICKHOUSE_URL: z.string().optional().describe("A ClickHouse server to use instead of the embedded one, e.g. http://user:password@host:8123/database."),
}); // prettier-ignore

export type Config = Readonly<
  Omit<z.infer<typeof Configuration>, "THROUGHLINE_ROLES" | "THROUGHLINE_DATA"> & {
    readonly dataDir: string;
    readonly roles: readonly Role[];
  }
>;

/**
 * The configuration of this process, from `env` and the `--roles` and `--port` flags in `args`. Empty values count as
 * unset. Throws `Failure("configuration")` that names the key and what was expected.
 */
export function configOf(
  env: { readonly [key: string]: string | undefined },
  flags: { roles?: string | undefined; port?: string | undefined; data?: string | undefined } = {},
): Config {
  const given = Object.fromEntries(
    Object.keys(Configuration.shape).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  if (flags.roles) given["THROUGHLINE_ROLES"] = flags.roles;
  if (flags.port) given["PORT"] = flags.port;
  if (flags.data) given["THROUGHLINE_DATA"] = flags.data;
  const parsed = Configuration.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Failure(
      "configuration",
      `${issue.path.join(".")}: ${issue.message}. It was "${String(given[String(issue.path[0])])}".`,
    );
  }
  const { THROUGHLINE_ROLES, THROUGHLINE_DATA, ...rest } = parsed.data;
  const roles = THROUGHLINE_ROLES.split(",")
    .map((role) => role.trim())
    .filter(Boolean);
  const unknown = roles.find((role) => !ROLES.includes(role as Role));
  if (unknown !== undefined || roles.length === 0)
    throw new Failure(
      "configuration",
      `--roles: "${unknown ?? ""}" is no role. The roles are ${ROLES.join(", ")}.`,
    );
  return Object.freeze({ ...rest, dataDir: resolve(THROUGHLINE_DATA), roles: roles as Role[] });
}

/** docs/configuration.md, printed from the schema; a test holds the file to it. */
export function configurationPage(): string {
  const rows = Object.entries(Configuration.shape).map(([name, schema]) => {
    const preset = z.safeParse(schema as z.ZodType<string | number | boolean | undefined>, undefined);
    const value = preset.success && preset.data !== undefined ? `\`${preset.data}\`` : "";
    return `| \`${name}\` | ${value} | ${(schema as z.ZodType).description ?? ""} |`;
  });
  return `# Configuration

Read from the environment at the start; an empty value counts as unset. A value that cannot be is told in a sentence.

| key | default | what it is |
|---|---|---|
${rows.join("\n")}
`;
}
