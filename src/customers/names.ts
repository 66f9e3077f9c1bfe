/** What to call a customer: the name their traits tell. Pure. */
import type { Knowledge } from "./model.ts";

const NAME_MAX = 200;

/** `name`, or first and last name, or null. */
export function nameOf(traits: Knowledge["traits"]): string | null {
  const text = (name: string): string => {
    const value = Object.hasOwn(traits, name) ? traits[name]![0] : undefined;
    return typeof value === "string" ? value.trim() : "";
  };
  const joined = [text("firstName") || text("first_name"), text("lastName") || text("last_name")]
    .filter(Boolean)
    .join(" ");
  return (text("name") || joined).slice(0, NAME_MAX) || null;
}
