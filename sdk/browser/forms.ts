/**
 * Forms that ask to be captured, by `data-throughline-form="Their name"`. Told is what a person typed and meant to send:
 * never what `field.ts` calls a secret, nothing hidden, and nothing in or under an element marked `data-private`.
 */
import * as LIMITS from "./limits.ts";
import { isSecret } from "./field.ts";
import type { Properties } from "./model.ts";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Tells by `track` when such a form is submitted. */
export function watchForms(track: (event: string, properties: Properties) => void): void {
  addEventListener(
    "submit",
    ({ target }) => {
      const form = target as HTMLFormElement;
      const name = form.getAttribute("data-throughline-form");
      if (name !== null) track("Form Submitted", { form: name, ...valuesOf(form) });
    },
    true,
  );
}

function valuesOf(form: HTMLFormElement): Properties {
  const values: { [name: string]: string | boolean } = {};
  const controls = [...form.elements].slice(0, LIMITS.formFieldsMax) as Control[];
  for (const control of controls) {
    const { name, type, value, disabled } = control;
    if (!name || !/^(INPUT|TEXTAREA|SELECT)$/.test(control.tagName) || disabled || name === "form") continue;
    const { checked } = control as HTMLInputElement;
    if (control.closest("[data-private]") || (type === "radio" && !checked)) continue;
    if (
      isSecret({
        type,
        name: `${name} ${control.id}`,
        autocomplete: control.getAttribute("autocomplete") ?? "",
        value,
      })
    )
      continue;
    if (type === "checkbox") values[name] = checked;
    else if (value !== "") values[name] = value.slice(0, LIMITS.formTextMax);
  }
  return values;
}
