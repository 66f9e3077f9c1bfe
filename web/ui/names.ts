/** How a customer is called where no name is known: by the strongest identifier, or plainly as a visitor. Pure. */
import type { IdentifierView } from "../../src/customers/document.ts";

type Named = {
  readonly id: string;
  readonly name: string | null;
  readonly identifiers: readonly IdentifierView[];
};

// What a person recognises at a glance comes first: an e-mail says more than a user id.
const TELLING = ["email", "phone", "user_id", "loyalty_id", "external_id"] as const;

/** The customer's name, or the identifier that says most, or "Visitor c12". */
export function nameOf({ id, name, identifiers }: Named): string {
  if (name !== null && name.trim() !== "") return name;
  for (const kind of TELLING) {
    const found = identifiers.find((identifier) => identifier.kind === kind);
    if (found) return found.value;
  }
  return `Visitor ${id}`;
}
