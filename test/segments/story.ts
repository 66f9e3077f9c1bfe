/** What the segment stories share: rules told shortly, and questions to a world about its members. */
import { expect } from "vitest";
import type { Rule } from "../../src/segments/model.ts";
import type { JsonObject } from "../../src/values.ts";
import type { anOwnWorld } from "../world.ts";

export const DAY_MS = 86_400_000;
type OwnWorld = Awaited<ReturnType<typeof anOwnWorld>>;

/** Did it at least so often, in the last days where said. */
export const did = (event: string, atLeast = 1, days?: number): Rule => ({
  type: "did", event, where: [], measure: { of: "count" }, is: { op: "at_least", value: atLeast },
  ...(days !== undefined && { when: { from: { agoMs: days * DAY_MS } } }),
}); // prettier-ignore

/** Whether these people are in the segment, in order. */
export async function areIn(world: OwnWorld, segment: number, ...people: readonly string[]): Promise<readonly boolean[]> {
  const members = new Set(await world.membersOf(segment));
  return Promise.all(people.map(async (person) => members.has((await world.customer(`user_id ${person}`))?.id ?? "")));
} // prettier-ignore

/** What happened to a person by our own doing, oldest first. */
export async function happenings(
  world: OwnWorld,
  person: string,
): Promise<readonly (readonly [string, JsonObject])[]> {
  const customer = (await world.customer(`user_id ${person}`))!;
  const atoms = (await world.identities(`user_id ${person}`))!.atoms.map(({ id }) => Number(id.slice(1)));
  expect(customer.id).toBe(`c${Math.min(...atoms)}`);
  return (await world.moments(atoms))
    .filter(({ name }) => name.startsWith("$segment") || name.startsWith("$stage"))
    .map(({ name, properties }) => [name, JSON.parse(properties) as JsonObject] as const)
    .toReversed();
}
