/** What can be put in at a place: all kinds of steps in plain words, found by typing, or an existing step to lead to. */
import { NativeSelect, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useState } from "react";
import type { Step } from "../../src/journeys/model.ts";
import { useDraft } from "./draft.tsx";
import { inserted, led, type Place, targetOf } from "./edit.ts";
import classes from "./panel.module.css";
import { type Kind, PALETTE } from "./palette.ts";
import { StepIcon } from "./step-icon.tsx";
import { lineOf, stepChoices } from "./words.ts";

/** A kind's step as it is put in here: a message by the one template there is, a jump to the first step. */
function begunAt({ blank }: Kind, start: string, template: { readonly id: number; readonly channel: string } | undefined): Step {
  if (blank.type === "jump") return { ...blank, to: start };
  if (blank.type === "message" && template)
    return { ...blank, template: template.id, channel: template.channel as typeof blank.channel };
  return blank;
} // prettier-ignore

/** The words of a place: behind what, by which way. */
export function placeWords({ step, path }: Place, { draft, names }: Pick<ReturnType<typeof useDraft>, "draft" | "names">): string {
  if (step === null) return "at the beginning";
  const of = draft.steps[step];
  return of ? `after “${lineOf(of, names)}”${path === "next" ? "" : `, on one of its paths`}` : "";
} // prettier-ignore

/** The palette of a place. `onPlaced` hears which step to look at then. */
export function PalettePanel({ place, onPlaced }: { place: Place; onPlaced: (id: string | null) => void }) {
  const drafting = useDraft();
  const { draft, names, templates, edit } = drafting;
  const [typed, setTyped] = useState("");
  const wanted = typed.trim().toLowerCase();
  const target = targetOf(draft, place);
  const put = (kind: Kind) => {
    const change = inserted(
      draft,
      place,
      begunAt(kind, draft.start, templates.length === 1 ? templates[0] : undefined),
    );
    edit(change);
    onPlaced(change.selected);
  };
  const sections = PALETTE.map(({ section, kinds }) => ({
    section,
    kinds: kinds.filter(({ label, about }) => `${label} ${about}`.toLowerCase().includes(wanted)),
  })).filter(({ kinds }) => kinds.length > 0);
  const first = sections[0]?.kinds[0];
  return (
    <div className={classes["form"]}>
      <p className={classes["hint"]}>Put in {placeWords(place, drafting)}.</p>
      <TextInput
        aria-label="Find a step"
        placeholder="Find a step"
        leftSection={<Search size={16} aria-hidden="true" />}
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && first) put(first);
        }}
      />
      {sections.map(({ section, kinds }) => (
        <section key={section} aria-label={section}>
          <h3 className={classes["section"]}>{section}</h3>
          <div className={classes["kinds"]}>
            {kinds.map((kind) => (
              <button type="button" key={kind.type} className={classes["kind"]} onClick={() => put(kind)}>
                <StepIcon type={kind.type} />
                <span>
                  <strong>{kind.label}</strong>
                  <span className={classes["hint"]}>{kind.about}</span>
                </span>
              </button>
            ))}
          </div>
        </section>
      ))}
      {sections.length === 0 && <p className="quiet">No step is called so. Try another word.</p>}
      <NativeSelect
        label="Or lead to a step that is there"
        data={[
          { value: "", label: place.step === null ? "Choose" : "The end of the journey" },
          ...stepChoices(draft, names).filter(({ value }) => value !== place.step),
        ]}
        value={target ?? ""}
        onChange={(event) => {
          const next = event.currentTarget.value;
          const change = led(draft, place, next === "" ? null : next);
          edit(change);
          onPlaced(place.step);
        }}
      />
    </div>
  );
}
