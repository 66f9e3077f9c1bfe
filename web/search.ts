/** Reading the query of an address: what a screen understands of it, and nothing else. Pure. */
import { SCOPE_NAMES } from "./analysis/scope.ts";

/** A query parameter as a text, or undefined: an absent, empty or malformed one does not stay in the address. */
const text = (value: unknown): string | undefined => {
  const given = typeof value === "number" ? String(value) : value;
  return typeof given === "string" && given !== "" ? given.slice(0, 500) : undefined;
};
/** The search of a screen: the named texts, absent ones left out. */
export const texts =
  <Name extends string>(...names: Name[]) =>
  (search: Record<string, unknown>) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = text(search[name]);
        return value === undefined ? [] : [[name, value]];
      }),
    ) as { [name in Name]?: string };

/** What a screen asks, as an object of its own beside the scope; the screen takes of it what it can use. */
export const asking =
  <Name extends string>(...names: Name[]) =>
  (
    search: Record<string, unknown>,
  ): { [name in Name | (typeof SCOPE_NAMES)[number]]?: string } & {
    ask?: object;
  } => {
    const { ask } = search;
    const told = texts<Name | (typeof SCOPE_NAMES)[number]>(...SCOPE_NAMES, ...names)(search);
    return typeof ask === "object" && ask !== null ? { ...told, ask } : told;
  };

const TOKEN_CHARS_MAX = 4_000;
/** The signed request that a helpdesk's frame is opened with: longer than what a screen shows. */
export const signed = ({ token }: Record<string, unknown>): { token?: string } =>
  typeof token === "string" && token.length <= TOKEN_CHARS_MAX ? { token } : {};
