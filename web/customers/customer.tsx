/** One customer: who it is and what they are worth at a glance, then the story, the facts, and how we know it is one person. */
import { Avatar, Skeleton, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { ChevronLeft, UserX } from "lucide-react";
import type { CustomerDocument } from "../../src/customers/document.ts";
import { Problem } from "../http.ts";
import { useApi } from "../services.tsx";
import { CopyIcon } from "../ui/code.tsx";
import { FigureRow } from "../ui/figures.tsx";
import { counted, money } from "../ui/format.ts";
import { nameOf } from "../ui/names.ts";
import { Empty, Fault } from "../ui/notice.tsx";
import { useTitle } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Ago } from "../ui/time.tsx";
import { KIND_WORDS } from "../ui/words.ts";
import classes from "./customer.module.css";
import { ConsentWord, consentSummary } from "./consents.tsx";
import { StageWord } from "./stage.tsx";

const route = getRouteApi("/customers/$customerId");

/** The customer's document, shared by the header and the tabs. */
export function useCustomer() {
  const api = useApi();
  const { customerId } = route.useParams();
  return useQuery({
    queryKey: ["customer", customerId],
    queryFn: ({ signal }) => api.customer(customerId, signal),
    refetchInterval: 10_000,
  });
}

function Figures({ customer }: { customer: CustomerDocument }) {
  const { purchases } = customer;
  const value = purchases.value.map(({ valueMinor, currency }) => money(valueMinor, currency)).join(" + ");
  const figures = [
    { label: "Stage", value: <StageWord customerId={customer.id} /> },
    { label: "First seen", value: <Ago at={customer.firstSeenAt} /> },
    { label: "Last seen", value: <Ago at={customer.lastSeenAt} /> },
    { label: "Orders", value: purchases.orders === 0 ? "none yet" : counted(purchases.orders, "order") },
    { label: "Value", value: value === "" ? "none yet" : value },
    { label: "Marketing", value: <ConsentWord summary={consentSummary(customer.consents)} /> },
  ];
  return <FigureRow figures={figures} />;
}

function Head({ customer }: { customer: CustomerDocument }) {
  const name = nameOf(customer);
  useTitle(name);
  const beside = customer.identifiers
    .filter(({ kind, value }) => value !== name && kind !== "anonymous_id" && kind !== "device_id")
    .slice(0, 4);
  return (
    <header className={classes["head"]}>
      <Avatar
        {...(customer.name === null ? {} : { name: customer.name })}
        color="thread"
        size={56}
        radius="xl"
        alt=""
        aria-hidden="true"
      />
      <div className={classes["who"]}>
        <Title order={1} className="wrap">
          {name}
        </Title>
        <ul className={classes["names"]}>
          {beside.map(({ kind, value }) => (
            <li key={`${kind} ${value}`}>
              <span className="wrap" title={KIND_WORDS[kind]}>
                {value}
              </span>
              <CopyIcon value={value} label={`Copy ${KIND_WORDS[kind].toLowerCase()}`} />
            </li>
          ))}
          <li className="quiet">
            <span>{customer.id}</span>
            <CopyIcon value={customer.id} label="Copy customer id" />
          </li>
        </ul>
      </div>
      <Figures customer={customer} />
    </header>
  );
}

const TABS = [
  { to: "/customers/$customerId", label: "Timeline" },
  { to: "/customers/$customerId/about", label: "About", narrowOnly: true },
  { to: "/customers/$customerId/segments", label: "Segments" },
  { to: "/customers/$customerId/messages", label: "Journeys and messages" },
  { to: "/customers/$customerId/identities", label: "Identities" },
] as const;

/** The customer's screen; the tab stands in the address. */
export function CustomerScreen() {
  const { customerId } = route.useParams();
  const query = useCustomer();
  const missing = query.error instanceof Problem && query.error.status === 404;
  return (
    <div className={classes["page"]}>
      <Link to="/customers" className={classes["back"]}>
        <ChevronLeft size={16} aria-hidden="true" />
        Customers
      </Link>
      {query.isPending && <Skeleton height={104} radius="md" mb="lg" aria-label="Loading" role="status" />}
      {query.isError && !missing && (
        <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />
      )}
      {missing && (
        <Empty icon={<UserX />} order={1} title={`There is no customer ${customerId}`}>
          <p>It may have been joined with another customer. Search for a name or an identifier instead.</p>
        </Empty>
      )}
      {query.data && (
        <>
          <Head customer={query.data} />
          <Tabs label="Customer" tabs={TABS} params={{ customerId }} />
          <Outlet />
        </>
      )}
    </div>
  );
}
