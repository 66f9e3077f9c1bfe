/** The language in which a customer's pages speak: the one we know of them, else the one their browser asks for. */
import type { FastifyRequest } from "fastify";
import { atomsOfCustomer } from "../customers/read.ts";
import type { CustomerAtom } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import { knowledgeOf } from "../segments/facts.ts";
import type { AtomId, WorkspaceId } from "../values.ts";
import { LANGUAGE_TRAITS } from "./render-read.ts";
import { type Speech, languageFor, speechIn } from "./page-words.ts";

const accepted = ({ headers }: Pick<FastifyRequest, "headers">): string | undefined =>
  headers["accept-language"];

/** For a customer whose atoms are at hand; none: nobody known. */
export function speechFor(request: Pick<FastifyRequest, "headers">, atoms: readonly CustomerAtom[]): Speech {
  const traits = atoms.length === 0 ? {} : knowledgeOf(atoms).traits;
  return speechIn(languageFor(LANGUAGE_TRAITS.map((name) => traits[name]?.[0]), accepted(request))); // prettier-ignore
}

/** For the customer of an atom. */
export const speechOf = async (sql: Sql, request: Pick<FastifyRequest, "headers">, workspace: WorkspaceId, atom: AtomId): Promise<Speech> =>
  speechFor(request, await atomsOfCustomer(sql, workspace, atom)); // prettier-ignore
