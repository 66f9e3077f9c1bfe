/** What a question of the screen answered: grey rows until it did, what went wrong with a way to ask again, then the answer. */
import type { ReactNode } from "react";
import { Fault, Rows } from "./notice.tsx";

/** A query, of one answer or of pages. */
type Asked = {
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly isFetching: boolean;
  readonly error: unknown;
  readonly refetch: () => Promise<unknown>;
};
type AwaitingProps = {
  query: Asked;
  /** Grey rows while nothing is known. */
  rows?: number;
};
/** What stands in the answer's place, or above it while asking again fails. */
export function Awaiting({ query, rows }: AwaitingProps): ReactNode {
  return (
    <>
      {query.isPending && <Rows {...(rows !== undefined && { rows })} />}
      {query.isError && (
        <div className="pad">
          <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />
        </div>
      )}
    </>
  );
}

type LoadedProps<Answer> = AwaitingProps & {
  query: Asked & { readonly data: Answer | undefined };
  children: (answer: Answer) => ReactNode;
};
/** The answer, once it is there. */
export function Loaded<Answer>({ query, rows, children }: LoadedProps<Answer>): ReactNode {
  return (
    <>
      <Awaiting query={query} {...(rows !== undefined && { rows })} />
      {query.data !== undefined && children(query.data)}
    </>
  );
}
