/** What a question of the screen answered: grey rows until it did, what went wrong with a way to ask again, then the answer. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Fault, Rows } from "./notice.tsx";

type LoadedProps<Answer> = {
  query: UseQueryResult<Answer>;
  /** Grey rows while nothing is known. */
  rows: number;
  children: (answer: Answer) => ReactNode;
};
/** An answer that is there is shown also while asking again fails. */
export function Loaded<Answer>({ query, rows, children }: LoadedProps<Answer>): ReactNode {
  return (
    <>
      {query.isPending && <Rows rows={rows} />}
      {query.isError && (
        <div className="pad">
          <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />
        </div>
      )}
      {query.data !== undefined && children(query.data)}
    </>
  );
}
