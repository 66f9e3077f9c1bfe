/**
 * Places as flags of the OpenFeature Remote Evaluation Protocol (OFREP), so that unmodified OpenFeature SDKs read them.
 * A candidate is a variant and its content the value: an object, or a boolean, text or number where the content has the
 * one member `value`. A flag without a value means the default in the caller's code.
 */
import { z } from "zod";
import type { Json, JsonObject } from "../values.ts";
import type { Decision } from "./model.ts";

/** What a caller says of whom it asks for: the targeting key, and whatever else it has. */
export const EvaluationBody = z.object({ context: z.record(z.string(), z.unknown()).optional() });
export type FlagSuccess = {
  readonly key: string;
  readonly reason: "TARGETING_MATCH" | "DEFAULT";
  readonly value?: Json;
  readonly variant?: string;
  readonly metadata: { readonly [name: string]: string | number };
};
export type FlagFailure = {
  readonly key: string;
  readonly errorCode: "FLAG_NOT_FOUND" | "TARGETING_KEY_MISSING" | "INVALID_CONTEXT" | "PARSE_ERROR" | "GENERAL";
  readonly errorDetails: string;
}; // prettier-ignore

/** The flag of a decision. Its token stands among the metadata, to report what came of it. */
export function flagOf({ place: key, choice, reason, version, token }: Decision): FlagSuccess | FlagFailure {
  if (reason === "not_served") return { key, errorCode: "FLAG_NOT_FOUND", errorDetails: `There is no place ${key} that serves.` };
  if (reason === "fallback") return { key, errorCode: "GENERAL", errorDetails: "It could not be decided in time: use the default." };
  const metadata = { ...(version !== null && { version }), ...(token !== null && { token }) };
  if (!choice) return { key, reason: "DEFAULT", metadata };
  return { key, reason: reason === "default" ? "DEFAULT" : "TARGETING_MATCH", value: valueOf(choice.content), variant: choice.id, metadata };
} // prettier-ignore

function valueOf(content: JsonObject): Json {
  const { value, ...rest } = content;
  const isScalar = typeof value === "boolean" || typeof value === "string" || typeof value === "number";
  return isScalar && Object.keys(rest).length === 0 ? value : content;
}

/** Whom a context names, and what of it a decision reads; what has another form is not known to us and left out. */
export function questionOf(context: { readonly [name: string]: unknown }) {
  const text = (name: string, form: RegExp): string | undefined => {
    const given = context[name];
    return typeof given === "string" && form.test(given) ? given : undefined;
  };
  const url = text("url", /^.{1,2000}$/s);
  const locale = text("locale", /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$/);
  const timezone = text("timezone", /^.{1,64}$/);
  return {
    targetingKey: text("targetingKey", /^.{1,500}$/s),
    userToken: text("userToken", /^.{1,200}$/),
    context: { ...(url !== undefined && { url }), ...(locale !== undefined && { locale }), ...(timezone !== undefined && { timezone }) },
  }; // prettier-ignore
}
