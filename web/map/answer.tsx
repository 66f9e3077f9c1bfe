/** An answer on its way, missing, or too small to say anything: what every view of the map shows until there is more. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import type { ReactNode } from "react";
import type { Basis, TooLittle } from "../../src/analysis/model.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { Link } from "@tanstack/react-router";

type Answered = { readonly answer: { readonly type: string } | TooLittle; readonly basis: Basis };
type AnswerProps<A extends Answered> = {
  readonly query: UseQueryResult<A>;
  /** Where nothing at all was found, how the map comes about is told instead. */
  readonly teach?: boolean;
  readonly children: (answer: Exclude<A["answer"], TooLittle>, basis: Basis) => ReactNode;
};

const isTooLittle = (answer: { readonly type: string }): answer is TooLittle =>
  answer.type === "too_little_data";

/** Shows the answer once it is there. */
export function Answer<A extends Answered>({ query, teach = false, children }: AnswerProps<A>) {
  if (query.isError)
    return (
      <div className="pad">
        <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />
      </div>
    );
  if (query.data === undefined) return <Rows label="Working it out" />;
  const { answer, basis } = query.data;
  if (!isTooLittle(answer)) return children(answer as Exclude<A["answer"], TooLittle>, basis);
  if (teach && answer.found === 0) return <Nothing />;
  return (
    <div className="sheet">
      <TooLittleNote told={answer} />
    </div>
  );
}

/** No moment at all in what is looked at. */
function Nothing() {
  return (
    <Empty icon={<Waypoints />} title="Nothing happened here yet">
      <p>
        The map draws itself from what customers really do: each place where they meet you is a moment, and
        each way they go from one to the next is a line with how many went and how long it took. Choose a
        longer period, or connect a place where you meet them.
      </p>
      <Link to="/data/sources" className="link">
        Connect a source
      </Link>
    </Empty>
  );
}
