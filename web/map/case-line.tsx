/** One real case as evidence: whose it is, when, and its moments in order, with what was asked for made out. */
import { Link } from "@tanstack/react-router";
import type { PathCase } from "../../src/map/model.ts";
import { span } from "../analysis/numbers.ts";
import { date } from "../ui/format.ts";
import type { PartAsked } from "./calls.ts";
import classes from "./panel.module.css";

/** Around what was asked for, so many moments before and after it are shown. */
const AROUND = 3;

type Shown = { readonly key: string; readonly at: string; readonly asked: boolean };
/** The moments of a case near what was asked for, and whether more came before and after. */
export function nearAsked({ moments, at }: Pick<PathCase, "moments" | "at">, part: PartAsked): { readonly shown: readonly Shown[]; readonly before: boolean; readonly after: boolean } {
  const keys = part.type === "edge" ? [part.from, part.to] : part.type === "variant" ? [] : [part.moment];
  const found = moments.findIndex(({ key, at: when }, i) => keys[0] === key && (part.type === "edge" ? moments[i + 1]?.key === part.to : when === at));
  const first = found >= 0 ? found : 0;
  const last = first + Math.max(0, keys.length - 1);
  const [from, to] = [Math.max(0, first - AROUND), Math.min(moments.length, last + AROUND + 1)];
  return {
    shown: moments.slice(from, to).map((moment, i) => ({ ...moment, asked: found >= 0 && from + i >= first && from + i <= last })),
    before: from > 0,
    after: to < moments.length,
  };
} // prettier-ignore

/** The case; the name leads to the customer. */
export function CaseLine({ one, part, nameOf }: { one: PathCase; part: PartAsked; nameOf: (key: string) => string }) {
  const { shown, before, after } = nearAsked(one, part);
  return (
    <li>
      <div className={classes["whose"]}>
        <Link to="/customers/$customerId" params={{ customerId: one.customerId }} className="name">{one.name ?? `Visitor ${one.customerId}`}</Link>
        <span className="quiet">{date(Date.parse(one.at))}{one.tookMs !== null && `, took ${span(one.tookMs)}`}{one.reached === true && ", reached the goal"}</span>
      </div>
      <ol className={classes["moments"]}>
        {before && <li aria-label="earlier moments">…</li>}
        {shown.map(({ key, at, asked }, i) => <li key={`${at} ${i}`} data-asked={asked}>{nameOf(key)}</li>)}
        {(after || one.cut) && <li aria-label="later moments">…</li>}
      </ol>
    </li>
  );
} // prettier-ignore
