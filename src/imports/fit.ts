/** From what the caller asked for (a preset, a mapping, or nothing) and the file's head to the mapping that is used. */
import { Failure } from "../errors.ts";
import type { Json } from "../values.ts";
import { compile } from "./mapping.ts";
import type { Mapping } from "./model.ts";
import { guessCsv, guessNdjson, type Preset, PRESETS, presetNamed } from "./presets.ts";
import { isObject } from "./sources.ts";

/** The preset of that name. Throws `Failure("unprocessable")` that lists those there are. */
export function presetOf(name: string): Preset {
  const preset = presetNamed(name);
  if (!preset)
    throw new Failure(
      "unprocessable",
      `There is no preset "${name}". There are ${PRESETS.map((known) => known.name).join(", ")}.`,
    );
  return preset;
}

/**
 * The mapping a file with this header gets. `firstRow` is the first line of NDJSON, for guessing. `shiftDays` moves
 * every time. Throws `Failure("unprocessable")` in a sentence when the file does not fit.
 */
export function fitMapping(
  asked: { readonly preset: string | null; readonly mapping: Mapping | null },
  header: readonly string[] | null,
  firstRow: Json | null,
): { readonly preset: string | null; readonly mapping: Mapping } {
  if (asked.mapping) {
    const compiled = compile(asked.mapping, header, (text) => text);
    if (compiled.type === "missing")
      throw new Failure(
        "unprocessable",
        `The mapping names columns the file does not have: ${compiled.columns.join(", ")}. It has ${(header ?? []).join(", ")}.`,
      );
    return { preset: null, mapping: asked.mapping };
  }
  if (asked.preset) return { preset: asked.preset, mapping: fitted(presetOf(asked.preset), header) };
  const guess = header ? guessCsv(header) : null;
  if (guess) return { preset: guess.preset.name, mapping: guess.mapping };
  const whole = !header && isObject(firstRow ?? undefined) ? guessNdjson(firstRow as object) : null;
  if (whole) return { preset: whole.name, mapping: fitted(whole, null) };
  throw new Failure(
    "unprocessable",
    "Neither the columns nor the first row tell what this file holds. Name a preset, or give a mapping.",
  );
}

function fitted(preset: Preset, header: readonly string[] | null): Mapping {
  const result = preset.fit(header);
  if (result.type === "missing") throw new Failure("unprocessable", result.detail);
  return result.mapping;
}

/** Whether a file of this name holds CSV or lines of JSON; null when the name does not say. */
export function formatOfName(name: string): "csv" | "ndjson" | null {
  const bare = name.toLowerCase().replace(/\.gz$/, "");
  if (/\.(csv|tsv|tab|txt)$/.test(bare)) return "csv";
  return /\.(ndjson|jsonl|json)$/.test(bare) ? "ndjson" : null;
}
