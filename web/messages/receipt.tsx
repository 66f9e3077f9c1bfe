/** Why a message was sent, or why not: the sentences a customer would read, then every rule that was asked. */
import { useQuery } from "@tanstack/react-query";
import type { ReceiptFacts } from "../../src/messages/receipt.ts";
import { useApi } from "../services.tsx";
import { Fault, Rows } from "../ui/notice.tsx";
import classes from "./messages.module.css";

const RESULTS: { readonly [result in ReceiptFacts["checks"][number]["result"]]: string } = {
  passed: "passed", delayed: "held it", refused: "refused it", exempt: "does not apply",
}; // prettier-ignore

function Checks({ checks }: Pick<ReceiptFacts, "checks">) {
  if (checks.length === 0) return null;
  return (
    <section aria-label="Rules asked">
      <h3>Every rule that was asked</h3>
      <ul className={classes["checks"]}>
        {checks.map(({ rule, result, detail }) => (
          <li key={`${rule} ${result}`} data-result={result}>
            <span>
              <strong>{rule}</strong> {RESULTS[result]}
            </span>
            {detail !== undefined && <span className={classes["small"]}>{detail}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The receipt of a message. */
export function Receipt({ id }: { id: string }) {
  const api = useApi();
  const receipt = useQuery({ queryKey: ["receipt", id], queryFn: ({ signal }) => api.receipt(id, signal) });
  if (receipt.isPending) return <Rows rows={4} />;
  if (receipt.isError) return <Fault fault={receipt.error} retry={() => void receipt.refetch()} />;
  const { words, facts } = receipt.data;
  return (
    <div className={classes["receipt"]}>
      <section aria-label="In plain words">
        <h3>Why, in plain words</h3>
        {words.length === 0 ? (
          <p className="quiet">Nothing was decided yet.</p>
        ) : (
          words.map((sentence) => <p key={sentence}>{sentence}</p>)
        )}
      </section>
      {facts && (
        <>
          <Checks checks={facts.checks} />
          {facts.alternatives.length > 0 && (
            <section aria-label="What else could have been said">
              <h3>What else could have been said</h3>
              <ul className={classes["checks"]}>
                {facts.alternatives.map(({ what, lostBecause }) => (
                  <li key={what}>
                    <strong>{what}</strong>
                    <span className={classes["small"]}>{lostBecause}</span>
                  </li>
                ))}
              </ul>
            </section>
          )}
          {facts.data.length > 0 && (
            <section aria-label="Data used">
              <h3>What of theirs was used</h3>
              <p className="mono wrap">{facts.data.join(", ")}</p>
            </section>
          )}
        </>
      )}
    </div>
  );
}
