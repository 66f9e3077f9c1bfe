import { expect, test } from "vitest";
import { addressOf, downloadOf, headersOf, problemOf } from "./http.ts";

test("a problem document is told in its own sentences", () => {
  const text = JSON.stringify({ title: "Not allowed", detail: "A viewer may only look.", status: 403, code: "forbidden", errors: [{ pointer: "/name", detail: "too long" }] }); // prettier-ignore
  const problem = problemOf(403, text);
  expect([problem.title, problem.message, problem.code, problem.passing]).toEqual([
    "Not allowed",
    "A viewer may only look.",
    "forbidden",
    false,
  ]);
  expect(problem.fields).toEqual([{ pointer: "/name", detail: "too long" }]);
});

test.each(["", "<html>", "[]", "null", '"text"'])(
  "an answer that is no problem document (%j) still gets a sentence",
  (text) => {
    const problem = problemOf(502, text);
    expect(problem.title).toBe("The server had a fault");
    expect(problem.message).toContain("502");
    expect(problem.passing).toBe(true);
  },
);

test("only what changes something carries the CSRF token", () => {
  expect(headersOf("GET", { csrf: "t", workspaceId: 2 })).toEqual({
    accept: "application/json",
    "x-workspace": "2",
  });
  expect(headersOf("POST", { csrf: "t", workspaceId: null })).toEqual({
    accept: "application/json",
    "x-csrf-token": "t",
  });
});

test("an address holds only what was given, made safe", () => {
  expect(addressOf("/v1/customers", { query: "a&b", limit: 50, cursor: undefined, channel: "" })).toBe(
    "/v1/customers?query=a%26b&limit=50",
  );
  expect(downloadOf("/v1/export/events", { csrf: null, workspaceId: 2 })).toBe(
    "/v1/export/events?workspace=2",
  );
});
