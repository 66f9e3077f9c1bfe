/** The OpenAPI document of the whole platform: lints, resolves, and its examples are what the schemas say. */
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Document } from "../../src/http/openapi.ts";
import { startWhole, type Whole } from "./whole.ts";

let whole: Whole;
let document: Document;
beforeAll(async () => {
  whole = await startWhole();
  document = await whole.document();
});
afterAll(() => whole.end());

type Node = { [key: string]: unknown };
const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      method,
      operation,
    })),
  );

/** Every object in a JSON value, with the way to it. */
function* nodes(value: unknown, at = "#"): Generator<readonly [string, Node]> {
  if (value === null || typeof value !== "object") return;
  yield [at, value as Node];
  for (const [key, inner] of Object.entries(value))
    yield* nodes(inner, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}
const resolved = (ref: string): unknown =>
  ref
    .slice(2)
    .split("/")
    .reduce<unknown>(
      (node, key) => (node as Node | undefined)?.[key.replaceAll("~1", "/").replaceAll("~0", "~")],
      document,
    );

describe("the OpenAPI document", () => {
  test("passes the strict lint", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ""}`),
    ).toEqual([]);
  });

  test("names each operation once, with a summary and a theme that is described", () => {
    const ids = operations().map(({ operation }) => operation["operationId"]);
    expect(new Set(ids).size).toBe(ids.length);
    const themes = (document["tags"] as { name: string }[]).map(({ name }) => name);
    for (const { name, operation } of operations()) {
      expect([name, typeof operation["operationId"], typeof operation["summary"]]).toEqual([
        name,
        "string",
        "string",
      ]);
      expect([name, themes]).toEqual([name, expect.arrayContaining(operation.tags ?? ["none"])]);
    }
  });

  test("refers to nothing that is not there", () => {
    const refs = [...nodes(document)].filter(([, node]) => typeof node["$ref"] === "string");
    expect(refs.length).toBeGreaterThan(20);
    for (const [at, { $ref }] of refs)
      expect([at, $ref, resolved($ref as string) !== undefined]).toEqual([at, $ref, true]);
  });

  test("gives only examples that its schemas accept", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, "doc");
    let checked = 0;
    for (const [at, node] of nodes(document)) {
      const schema = node["schema"] as Node | undefined;
      const examples = [
        ...(schema && "example" in node ? [node["example"]] : []),
        ...(schema && Array.isArray(schema["examples"]) ? (schema["examples"] as unknown[]) : []),
      ];
      if (examples.length === 0) continue;
      const validate = ajv.compile({ $ref: `doc${encodeURI(at)}/schema` });
      for (const example of examples) {
        checked++;
        expect([at, validate(example), validate.errors]).toEqual([at, true, null]);
      }
    }
    expect(checked).toBeGreaterThan(10);
  });

  test("says of every route that it may fail, and how one gets in", () => {
    for (const { name, path, operation } of operations()) {
      const statuses = Object.keys(operation.responses);
      expect([name, statuses.some((status) => status.startsWith("4"))]).toEqual([name, true]);
      expect([name, Array.isArray(operation["security"])]).toEqual([name, true]);
      const open = (operation["security"] as unknown[]).length === 0;
      expect([name, open]).toEqual([name, !path.startsWith("/v1/")]);
    }
  });

  test("says of every body what is in it, with an example where it is JSON", () => {
    for (const { name, operation } of operations()) {
      const content = (operation["requestBody"] as { content?: Node } | undefined)?.content ?? {};
      for (const [type, media] of Object.entries(content)) {
        const { schema, example } = media as Node;
        expect([name, type, schema !== undefined]).toEqual([name, type, true]);
        const inSchema = (schema as Node)["examples"] ?? (schema as Node)["$ref"];
        if (type === "application/json")
          expect([name, example !== undefined || inSchema !== undefined]).toEqual([name, true]);
      }
    }
  });

  test("is told for people too, every operation of it, without a script", async () => {
    const page = await (await fetch(`${whole.address}/docs/api`)).text();
    for (const { operation } of operations())
      expect(page).toContain(`id="${String(operation["operationId"])}"`);
    expect(page).not.toContain("<script");
  });

  test("describes every collection and management route that answers", async () => {
    // What is asked for without a key is refused, not missing: the document names no route that is not there.
    for (const { name, path, method } of operations()) {
      const url = `${whole.address}${path.replaceAll(/\{\w+\}/g, "1")}`;
      const answer = await fetch(url, {
        method: method.toUpperCase(),
        ...(method === "get" || method === "delete"
          ? {}
          : { body: "{}", headers: { "content-type": "application/json" } }),
      });
      await answer.text();
      expect([name, answer.status]).not.toEqual([name, 404]);
      if (path.startsWith("/v1/")) expect([name, answer.status]).toEqual([name, 401]);
    }
  });
});
