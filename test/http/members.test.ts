/** People of a workspace: an owner lets them in with a role, changes it and takes them out; and there is always an owner. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { aPerson, asPerson, type Person } from "../desk/stage.ts";
import { type Whole, startWhole } from "./whole.ts";

let whole: Whole;
let owner: Person;
beforeAll(async () => {
  whole = await startWhole();
  owner = await aPerson(whole, "owner");
});
afterAll(() => whole.end());

type Member = {
  readonly id: number;
  readonly email: string;
  readonly role: string;
  readonly detail?: string;
};
const ask = <T = Member>(method: string, path: string, body?: unknown) => asPerson<T>(whole, owner, method, path, body); // prettier-ignore
const signIn = (email: string, password: string) =>
  fetch(`${whole.address}/auth/sign-in`, { method: "POST", headers: { "content-type": "application/json", origin: new URL(whole.address).origin }, body: JSON.stringify({ email, password }) }); // prettier-ignore
const CEM = { email: "cem@shop.example", name: "Cem", role: "desk", password: "a first sentence to change" };

test("somebody is let in with a first password and a role, and comes in as that", async () => {
  const made = await ask("POST", "/v1/members", CEM);
  expect([made.status, made.body]).toMatchObject([201, { email: CEM.email, name: "Cem", role: "desk" }]);
  const session = await signIn(CEM.email, CEM.password);
  expect(await session.json()).toMatchObject({ user: { name: "Cem" }, workspaces: [{ role: "desk" }] });
  const { body } = await ask<{ members: Member[] }>("GET", "/v1/members");
  expect(body.members.map(({ role }) => role)).toEqual(["owner", "desk"]);
  expect(JSON.stringify(body)).not.toMatch(/password|argon/);
  expect((await ask("POST", "/v1/members", CEM)).status).toBe(409);
});

test("who has an account keeps it in another workspace, and without one a password is needed", async () => {
  const other = await whole.workspace("Other");
  const { password: _, ...draft } = CEM;
  expect((await whole.answer(other, "POST", "/v1/members", { ...draft, name: "Somebody" })).body).toMatchObject({ name: "Cem" }); // prettier-ignore
  expect((await signIn(CEM.email, CEM.password)).status).toBe(200);
  const nobody = await whole.answer<{ detail: string }>(other, "POST", "/v1/members", { ...draft, email: "new@shop.example" }); // prettier-ignore
  expect([nobody.status, nobody.body.detail]).toEqual([422, expect.stringContaining("first password")]);
});

test("a role can be changed and a member taken out, but not the last owner", async () => {
  const { body } = await ask<{ members: Member[] }>("GET", "/v1/members");
  const [bea, cem] = body.members as [Member, Member];
  for (const [method, change] of [
    ["PUT", { role: "viewer" }],
    ["DELETE", undefined],
  ] as const)
    expect((await ask(method, `/v1/members/${bea.id}`, change)).body.detail).toMatch(/has an owner/);
  expect((await ask("PUT", `/v1/members/${cem.id}`, { role: "editor" })).body.role).toBe("editor");
  expect((await ask("DELETE", `/v1/members/${cem.id}`)).status).toBe(200);
  expect((await ask("DELETE", `/v1/members/${cem.id}`)).status).toBe(404);
});
