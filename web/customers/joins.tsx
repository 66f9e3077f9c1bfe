/** The joins of a customer: the reason of each, undo (asks first), what came out of it, and redo. */
import { Alert, Button, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { notifications } from "@mantine/notifications";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import type { Identities } from "../../src/customers/document.ts";
import { useServices } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Ago } from "../ui/time.tsx";
import classes from "./identities.module.css";

type JoinLink = Identities["links"][number];

/** After a split or a join everything read about customers is stale. */
function useForgetCustomers() {
  const { queries } = useServices();
  return () => {
    const stale = new Set(["customers", "customer", "timeline", "identities"]);
    return queries.invalidateQueries({ predicate: ({ queryKey }) => stale.has(String(queryKey[0])) });
  };
}

function useRedo(customerId: string, onDone: () => void) {
  const { api } = useServices();
  const forget = useForgetCustomers();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (linkId: number) => api.relink(customerId, linkId),
    onSuccess: async (answer) => {
      onDone();
      notifications.show({ title: "Joined again", message: "The two are one customer, as before." });
      await forget();
      await navigate({ to: "/customers/$customerId/identities", params: { customerId: answer.customerId } });
    },
    onError: (fault) =>
      notifications.show({ color: "red", title: "Not joined again", message: fault.message }),
  });
}

type Split = { readonly linkId: number; readonly customers: readonly string[] };
function SplitNotice({ split, onRedo, busy }: { split: Split; onRedo: () => void; busy: boolean }) {
  return (
    <Alert color="thread" variant="light" title="Now two customers" m="md" role="status">
      <Text size="sm">
        Their timelines, carts and values are told apart again:{" "}
        {split.customers.map((id, at) => (
          <span key={id}>
            {at > 0 && " and "}
            <Link to="/customers/$customerId" params={{ customerId: id }} className="link">
              {id}
            </Link>
          </span>
        ))}
        .
      </Text>
      <Button mt="sm" size="xs" variant="default" onClick={onRedo} loading={busy}>
        Redo the join
      </Button>
    </Alert>
  );
}

type JoinProps = { join: JoinLink; onUndo: () => void; onRedo: () => void; busy: boolean };
function Join({ join, onUndo, onRedo, busy }: JoinProps) {
  return (
    <li>
      <div className={classes["row"]}>
        <span className="wrap">
          {join.undoneAt === null ? join.reason : <s>{join.reason}</s>}
          <br />
          <span className={classes["small"]}>
            {join.a} and {join.b} · <Ago at={join.madeAt} />
            {join.undoneAt !== null && (
              <>
                {" "}
                · undone {join.undoneBy === null ? "" : `by ${join.undoneBy} `}
                <Ago at={join.undoneAt} />
              </>
            )}
          </span>
        </span>
        {join.undoneAt === null ? (
          <Button
            variant="default"
            size="xs"
            leftSection={<Undo2 size={14} />}
            onClick={onUndo}
            aria-label={`Undo: ${join.reason}`}
          >
            Undo
          </Button>
        ) : (
          <Button
            variant="default"
            size="xs"
            onClick={onRedo}
            loading={busy}
            aria-label={`Redo: ${join.reason}`}
          >
            Redo
          </Button>
        )}
      </div>
    </li>
  );
}

/** The joins, newest last as they were made. */
export function Joins({ customerId, links }: { customerId: string; links: readonly JoinLink[] }) {
  const { api } = useServices();
  const forget = useForgetCustomers();
  const [asked, setAsked] = useState<JoinLink | null>(null);
  const [split, setSplit] = useState<Split | null>(null);
  const redo = useRedo(customerId, () => setSplit(null));
  const undo = useMutation({
    mutationFn: (linkId: number) => api.unmerge(customerId, linkId),
    onSuccess: async ({ customers }, linkId) => {
      setSplit({ linkId, customers });
      setAsked(null);
      await forget();
    },
  });
  const ask = (join: JoinLink) => {
    undo.reset();
    setAsked(join);
  };
  return (
    <>
      {split && <SplitNotice split={split} busy={redo.isPending} onRedo={() => redo.mutate(split.linkId)} />}
      <ul className={classes["list"]}>
        {links.map((join) => (
          <Join
            key={join.id}
            join={join}
            onUndo={() => ask(join)}
            onRedo={() => redo.mutate(join.id)}
            busy={redo.isPending && redo.variables === join.id}
          />
        ))}
      </ul>
      <Confirm
        opened={asked !== null}
        title="Undo this join?"
        action="Undo the join"
        busy={undo.isPending}
        fault={undo.error}
        onConfirm={() => asked && undo.mutate(asked.id)}
        onClose={() => setAsked(null)}
      >
        <Text size="sm">
          {asked?.reason} After undoing, {asked?.a} and {asked?.b} are two customers again, each with its own
          history. The same two names will not be joined by themselves again; you can redo it here.
        </Text>
      </Confirm>
    </>
  );
}
