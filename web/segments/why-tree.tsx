/** Why a customer is in a segment or not: each condition with what was found, and when time alone will change it. */
import { Check, X } from "lucide-react";
import type { Why, WhyAnswer } from "../../src/segments/document.ts";
import { moment } from "../ui/format.ts";
import { Ago } from "../ui/time.tsx";
import classes from "./why.module.css";

const GROUP_WORDS: { readonly [type: string]: string } = {
  all: "All of these",
  any: "At least one of these",
  not: "Not this",
  account: "Somebody in the account",
};
/** One condition or group, with those in it. `wanted`: the answer that speaks for being in; inside a "not" it is no. */
function Condition({ why, wanted }: { why: Why; wanted: boolean }) {
  const Icon = why.matches ? Check : X;
  const words = GROUP_WORDS[why.type] ?? why.words;
  return (
    <li>
      <div className={classes["row"]} data-good={why.matches === wanted}>
        <Icon size={18} aria-hidden="true" className={classes["mark"]} />
        <div className={classes["told"]}>
          <span className="wrap">
            <span className="unseen">{why.matches ? "Yes: " : "No: "}</span>
            {words}
          </span>
          <span className={classes["found"]}>
            {why.found !== null && <span className="wrap">{why.found}</span>}
            {why.changesAt !== null && <span>changes by itself on {moment(Date.parse(why.changesAt))}</span>}
          </span>
        </div>
      </div>
      {why.rules.length > 0 && (
        <ul className={classes["tree"]}>
          {why.rules.map((one, i) => (
            <Condition key={`${i} ${one.path}`} why={one} wanted={why.type === "not" ? !wanted : wanted} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** The whole answer. `who`: how the customer is called. */
export function WhyTree({ answer, who }: { answer: WhyAnswer; who: string }) {
  const { matches, sinceAt, changesAt, why } = answer;
  return (
    <div className={classes["why"]}>
      <p className={classes["verdict"]} role="status">
        <strong className="wrap">
          {who} is {matches ? "in" : "not in"} {answer.segment.name}
        </strong>
        {matches && sinceAt !== null && <span className="quiet"> since <Ago at={sinceAt} /></span>}
      </p>
      {changesAt !== null && (
        <p className="quiet">If nothing new happens, this is looked at again on {moment(Date.parse(changesAt))}.</p>
      )}
      <ul className={classes["tree"]} data-root>
        <Condition why={why} wanted />
      </ul>
    </div>
  );
} // prettier-ignore
