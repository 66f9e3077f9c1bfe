/** The desk: one field, and the customer in front of one. What is typed stays out of the address; whom it opened stands in it. */
import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { Search, UserSearch } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { FoundBy, FoundCustomer, Lookup } from "../../src/desk/model.ts";
import { useApi } from "../services.tsx";
import { useRole } from "../session/role.ts";
import { counted } from "../ui/format.ts";
import { Empty, Fault } from "../ui/notice.tsx";
import { useTitle } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";
import classes from "./desk.module.css";
import { Story } from "./story.tsx";
import { FOUND_BY, foundWords } from "./words.ts";

const route = getRouteApi("/desk");
const isFoundBy = (text: string): text is FoundBy => text in FOUND_BY;

function Result({ one, onOpen }: { one: FoundCustomer; onOpen: (one: FoundCustomer) => void }) {
  return (
    <li>
      <button type="button" className={classes["result"]} onClick={() => onOpen(one)}>
        <strong className="wrap">{one.name ?? one.reach[0]?.value ?? `Visitor ${one.id}`}</strong>
        <span className={`${classes["small"]} wrap`}>{one.reach.map(({ value }) => value).join(" · ")}</span>
        <span className={classes["small"]}>
          {counted(one.orders, "order")}, seen <Ago at={one.lastSeenAt} />, by {foundWords(one.foundBy)}
        </span>
      </button>
    </li>
  );
}

function Results({ found, onOpen }: { found: Lookup; onOpen: (one: FoundCustomer) => void }) {
  if (found.customers.length === 0)
    return (
      <Empty icon={<UserSearch />} title="Nobody found">
        <p>{found.hint ?? "Nobody is known by that. Try a phone number, an order number, or the name."}</p>
      </Empty>
    );
  return (
    <section aria-label="Found">
      <p className={classes["count"]} role="status">
        {found.hasMore ? "More fit than are shown: type more of it." : `${found.customers.length} fit.`}
      </p>
      <ul className={classes["results"]}>
        {found.customers.map((one) => (
          <Result key={one.id} one={one} onOpen={onOpen} />
        ))}
      </ul>
    </section>
  );
}

type AskingProps = { looking: boolean; onLook: (text: string) => void };
/** The one field. What is typed stays selected, so that the next customer is typed over it. */
function Asking({ looking, onLook }: AskingProps) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    field.current?.select();
    if (typed.trim() !== "") onLook(typed.trim());
  };
  return (
    <form role="search" className={classes["search"]} onSubmit={submit}>
      <TextInput
        ref={field}
        type="search"
        size="md"
        data-search
        autoComplete="off"
        maxLength={200}
        aria-label="Phone, e-mail, order, loyalty code or name"
        placeholder="Phone, e-mail, order, code or name"
        leftSection={<Search size={18} aria-hidden="true" />}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Button type="submit" size="md" loading={looking}>
        Find
      </Button>
    </form>
  );
}

/** Below the field, for owners. */
function Foot() {
  if (useRole() !== "owner") return null;
  return (
    <p className={classes["foot"]}>
      <Link to="/desk/looks" className="link">
        Who looked at whom
      </Link>
      <Link to="/desk/settings" className="link">
        Settings and helpdesk panels
      </Link>
    </p>
  );
}

/** The desk's screen. */
export function DeskScreen() {
  useTitle("Desk");
  const api = useApi();
  const navigate = useNavigate();
  const { customer, found } = route.useSearch();
  const look = useMutation({
    mutationFn: (text: string) => api.lookup(text),
    onSuccess: (answer) => {
      const [only] = answer.customers;
      if (only && answer.customers.length === 1) open(only);
      else if (customer !== undefined) void navigate({ to: "/desk" });
    },
  });
  const open = ({ id, foundBy }: FoundCustomer) => {
    look.reset();
    void navigate({ to: "/desk", search: { customer: id, found: foundBy[0] ?? "link" } });
  };
  const isIdle = look.data === undefined;
  return (
    <div className={classes["desk"]}>
      <h1 className="unseen">Desk</h1>
      <Asking looking={look.isPending} onLook={look.mutate} />
      {look.isError && <Fault fault={look.error} />}
      {look.data && <Results found={look.data} onOpen={open} />}
      {isIdle && customer !== undefined && (
        <Story
          key={customer}
          calls={api}
          customerId={customer}
          found={found !== undefined && isFoundBy(found) ? found : "link"}
          channel="store"
        />
      )}
      {isIdle && customer === undefined && (
        <Empty icon={<UserSearch />} title="Who is in front of you?">
          <p>Type what they tell you and press Enter. Every look is written down.</p>
        </Empty>
      )}
      <Foot />
    </div>
  );
}
