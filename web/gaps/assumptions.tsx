/** What is at stake, with the assumptions it rests on: a person who knows better changes them, and the value is worked out anew. */
import { Button, NumberInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { GapDetail } from "../../src/gaps/model.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { intervalWords } from "../analysis/numbers.ts";
import { useServices } from "../services.tsx";
import { counted } from "../ui/format.ts";
import { Fault } from "../ui/notice.tsx";
import { Part } from "./part.tsx";
import classes from "./gaps.module.css";
import { sumWords } from "./words.ts";

type Typed = {
  readonly recoverable: string | number;
  readonly each: string | number;
  readonly horizon: string | number;
  readonly fixable: string | number;
};
const typedOf = ({ assumptions }: GapDetail): Typed => ({
  recoverable: Number((100 * assumptions.recoverableRatio).toFixed(1)),
  each: assumptions.valuePerPerson ?? "",
  horizon: assumptions.horizonDays,
  fixable: Number((100 * assumptions.fixabilityRatio).toFixed(1)),
}); // prettier-ignore

function Value({ value, edited }: { value: GapDetail["value"]; edited: boolean }) {
  if (value.type === "none") return <p className="quiet">{value.detail}</p>;
  if (value.type === "too_little_data") return <TooLittleNote told={value} />;
  return (
    <>
      <p className={classes["lead"]}>
        <strong>{sumWords(value.amount, value.currency)}</strong> <span className="quiet">{intervalWords(value.interval, (n) => sumWords(n, value.currency))}</span>
      </p>
      <p className="quiet">{value.words} {value.buyers > 0 ? `The value of one rests on ${counted(value.buyers, "buyer")}.` : "The value of one was given by hand."}{edited && " Assumptions were changed by hand."}</p>
    </>
  );
} // prettier-ignore

/** The form. */
export function AssumptionsForm({ gap }: { gap: GapDetail }) {
  const { api, queries } = useServices();
  const before = typedOf(gap);
  const [typed, setTyped] = useState(before);
  const changed = JSON.stringify(typed) !== JSON.stringify(before);
  const complete = typed.recoverable !== "" && typed.horizon !== "" && typed.fixable !== "";
  const save = useMutation({
    mutationFn: () =>
      api.changeGap(gap.id, {
        assumptions: {
          recoverableRatio: Number(typed.recoverable) / 100,
          valuePerPerson: typed.each === "" ? null : Number(typed.each),
          horizonDays: Number(typed.horizon),
          fixabilityRatio: Number(typed.fixable) / 100,
        },
      }),
    onSuccess: async (next) => {
      queries.setQueryData(["gap", gap.id], next);
      await queries.invalidateQueries({ queryKey: ["gaps"] });
    },
  });
  const set = (name: keyof Typed) => (value: string | number) => setTyped({ ...typed, [name]: value });
  const currency = gap.value.type === "known" ? gap.value.currency : null;
  return (
    <Part title="What is at stake">
      <Value value={gap.value} edited={gap.assumptionsEdited} />
      <form className={classes["assumptions"]} onSubmit={(event) => { event.preventDefault(); save.mutate(); }} aria-label="Assumptions">
        <NumberInput label="Could be won back" suffix=" %" min={0} max={100} decimalScale={1} value={typed.recoverable} onChange={set("recoverable")} />
        <NumberInput label={currency === null ? "What one is worth" : `What one is worth, ${currency}`} placeholder="From your orders" min={0} max={1e9} decimalScale={2} thousandSeparator="," value={typed.each} onChange={set("each")} />
        <NumberInput label="Counted ahead" suffix=" days" min={1} max={1830} allowDecimal={false} value={typed.horizon} onChange={set("horizon")} />
        <NumberInput label="Likely to be fixed" suffix=" %" min={0} max={100} decimalScale={1} value={typed.fixable} onChange={set("fixable")} description={gap.fixability.why} />
        {save.isError && <Fault fault={save.error} />}
        <Button type="submit" variant="default" disabled={!changed || !complete} loading={save.isPending}>Work it out anew</Button>
      </form>
      <p className="quiet">{gap.ranking.words}</p>
    </Part>
  );
} // prettier-ignore
