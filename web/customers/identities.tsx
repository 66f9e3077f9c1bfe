/** How this customer came to be one: each name, each join with its reason and its undo, and what was set aside. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Identities } from "../../src/customers/document.ts";
import { downloadOf } from "../http.ts";
import { useApi } from "../services.tsx";
import { CopyIcon } from "../ui/code.tsx";
import { counted } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import { ASIDE_WORDS, KIND_WORDS } from "../ui/words.ts";
import classes from "./identities.module.css";
import { Joins } from "./joins.tsx";

const route = getRouteApi("/customers/$customerId/identities");

/** A part of the screen under its heading and one sentence that explains it. */
export function Part({ title, explain, children }: { title: string; explain: string; children: ReactNode }) {
  return (
    <section className="sheet">
      <div className={classes["head"]}>
        <h2>{title}</h2>
        <p>{explain}</p>
      </div>
      {children}
    </section>
  );
}

function Atoms({ atoms }: { atoms: Identities["atoms"] }) {
  return (
    <ul className={classes["list"]}>
      {atoms.map((atom) => (
        <li key={atom.id}>
          <div className={classes["row"]}>
            <ul className={classes["names"]}>
              {atom.identifiers.map(({ kind, value }) => (
                <li key={`${kind} ${value}`}>
                  <span className={classes["kind"]}>{KIND_WORDS[kind]}</span>
                  <span className="wrap">{value}</span>
                  <CopyIcon value={value} label={`Copy ${KIND_WORDS[kind].toLowerCase()} ${value}`} />
                </li>
              ))}
            </ul>
            <span className={classes["small"]}>
              {atom.id} · {counted(atom.events, "event")} · last <Ago at={atom.lastSeenAt} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Asides({ asides }: { asides: Identities["asides"] }) {
  return (
    <ul className={classes["list"]}>
      {asides.map((aside) => (
        <li key={`${aside.messageId} ${aside.kind} ${aside.value}`}>
          <div className={classes["row"]}>
            <span className="wrap">
              <strong>{ASIDE_WORDS[aside.reason]}:</strong> {KIND_WORDS[aside.kind].toLowerCase()}{" "}
              {aside.value}
              <br />
              <span className="quiet">{aside.explanation}</span>
            </span>
            <span className={classes["small"]}>
              <Ago at={aside.at} />
            </span>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The identities of a customer. */
export function IdentitiesTab() {
  const api = useApi();
  const { customerId } = route.useParams();
  const query = useQuery({
    queryKey: ["identities", customerId],
    queryFn: ({ signal }) => api.identities(customerId, signal),
  });
  if (query.isPending) return <Rows />;
  if (query.isError)
    return <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />;
  const { atoms, links, asides } = query.data;
  const joined = atoms.length > 1 || links.length > 0;
  return (
    <div className={classes["parts"]}>
      <Part
        title={atoms.length > 1 ? `${counted(atoms.length, "part")}, one customer` : "One part"}
        explain="Each part is a set of names that were always used together, with the events that carried them."
      >
        <Atoms atoms={atoms} />
      </Part>
      {joined && (
        <Part
          title="Why they are one"
          explain="Each join names the event that showed it. Undoing one splits the customer in two, as if they had never met; no event is lost, and it can be redone."
        >
          <Joins customerId={customerId} links={links} />
        </Part>
      )}
      {asides.length > 0 && (
        <Part
          title="Set aside"
          explain="Names that came with this customer's events and were not used, so that different people stay apart."
        >
          <Asides asides={asides} />
        </Part>
      )}
      <Button
        component="a"
        variant="subtle"
        size="xs"
        href={downloadOf(`/v1/customers/${customerId}/identities`, api.client.credentials())}
        download={`${customerId}-identities.json`}
        style={{ alignSelf: "flex-start" }}
      >
        Save as JSON
      </Button>
    </div>
  );
}
