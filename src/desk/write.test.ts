import { expect, test } from "vitest";
import { rolesOf } from "../questions/vocabulary.ts";
import type { AtomId, WorkspaceId } from "../values.ts";
import { noteEvent, promiseEndEvent, promiseEvent } from "./write.ts";
import { talkOf, told } from "./talk.ts";

const now = Date.parse("2026-11-22T12:00:00Z");
const writing = { workspace: 1 as WorkspaceId, atom: 7 as AtomId, by: "Bea", messageId: "m-1", now };
const promise = promiseEvent(writing, { promise: "Call back", dueAt: "2026-11-23T10:00:00+01:00", channel: "phone" }); // prettier-ignore
const end = (what: "kept" | "withdrawn") => promiseEndEvent({ ...writing, messageId: "m-2", now: now + 1 }, what, { promiseId: "promise-m-1", text: "", channel: "store" }); // prettier-ignore

test("what the desk writes is what gaps and questions understand: a promise with its id, its words and its time", () => {
  expect(rolesOf(promise.name)).toEqual(["promised"]);
  const properties = promise.properties!;
  expect([told("promiseId", properties), told("promise", properties), told("due", properties)]).toEqual(["promise-m-1", "Call back", "2026-11-23T09:00:00.000Z"]); // prettier-ignore
  for (const what of ["kept", "withdrawn"] as const) {
    expect(rolesOf(end(what).name)).toEqual(["kept"]);
    expect(told("promiseId", end(what).properties!)).toBe("promise-m-1");
  }
  expect(rolesOf(noteEvent(writing, { text: "x", channel: "store" }).name)).toEqual(["call_noted"]);
});

test("a promise that is withdrawn is told apart from one that was kept", () => {
  const heard = ({ id, name, happenedAt: at, channel, touchpoint, properties = {} }: typeof promise) => ({ id, name, at, channel, touchpoint, properties }); // prettier-ignore
  const state = (what: "kept" | "withdrawn") => talkOf([heard(promise), heard(end(what))], "UTC", now + 2).promises[0]?.state; // prettier-ignore
  expect([state("kept"), state("withdrawn")]).toEqual(["kept", "withdrawn"]);
});

test("an event names its writer and the customer's atom, and is called the same when it is sent again", () => {
  expect(promise).toMatchObject({ id: "desk:m-1", of: 7, properties: { by: "Bea" }, channel: "phone", touchpoint: "desk" }); // prettier-ignore
  expect(promiseEvent(writing, { promise: "Call back", dueAt: "2026-11-23T10:00:00+01:00", channel: "phone" })).toEqual(promise); // prettier-ignore
});
