/** What is known of a customer beside the story: cart, purchases, what they looked at, consents, accounts, traits. */
import { type ReactNode, useId, useState } from "react";
import { Button } from "@mantine/core";
import type { CustomerDocument } from "../../src/customers/document.ts";
import { ChannelTag } from "../ui/channel.tsx";
import { count, counted, date, money, plain } from "../ui/format.ts";
import { Ago } from "../ui/time.tsx";
import { ConsentList } from "./consents.tsx";
import { useCustomer } from "./customer.tsx";
import classes from "./facts.module.css";
import { NeedsCard } from "./needs.tsx";
import { SegmentsCard } from "./stage.tsx";

type Product = CustomerDocument["recentlyViewed"][number]["product"];
const productName = ({ name, id }: Product): string => name ?? id;
const priceOf = ({ price, currency }: Product): string =>
  price === undefined
    ? ""
    : currency === undefined
      ? String(price)
      : money(Math.round(price * 100), currency);

function Card({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const heading = useId();
  return (
    <section className={`sheet ${classes["card"]}`} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{title}</h2>
        {aside !== undefined && <span className={classes["small"]}>{aside}</span>}
      </header>
      {children}
    </section>
  );
}

function Cart({ cart }: { cart: CustomerDocument["cart"] }) {
  if (cart.items.length === 0) return null;
  return (
    <Card title="In the cart now" aside={<Ago at={cart.updatedAt} />}>
      <ul className={classes["list"]}>
        {cart.items.map(({ product, quantity }) => (
          <li key={product.id} className={classes["line"]}>
            <span className="wrap">
              {quantity > 1 && `${quantity} × `}
              {productName(product)}
            </span>
            <span>{priceOf(product)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Names of the products this customer looked at or put in the cart: an order may tell ids only. */
function namesOf({ recentlyViewed, cart }: CustomerDocument): ReadonlyMap<string, string> {
  return new Map([...recentlyViewed, ...cart.items].map(({ product }) => [product.id, productName(product)]));
}

type Order = CustomerDocument["purchases"]["recent"][number];

/** What people would call an order: its first product and how many more, or its number. */
function orderName({ title, products, orderId }: Order, names: ReadonlyMap<string, string>): string {
  const first = title ?? (products[0] === undefined ? null : (names.get(products[0]) ?? products[0]));
  if (first === null) return `Order ${orderId}`;
  return products.length > 1 ? `${first} and ${products.length - 1} more` : first;
}

function Purchases({ customer }: { customer: CustomerDocument }) {
  const { purchases } = customer;
  const names = namesOf(customer);
  if (purchases.orders === 0) return null;
  return (
    <Card title="Purchases" aside={counted(purchases.orders, "order")}>
      <ul className={classes["list"]}>
        {purchases.recent.slice(0, 6).map((order) => (
          <li key={order.orderId}>
            <div className={classes["line"]}>
              <span className="wrap">{orderName(order, names)}</span>
              <span>{money(order.valueMinor, order.currency)}</span>
            </div>
            <div className={classes["small"]}>
              {date(Date.parse(order.at))}
              {order.refundedMinor > 0 && `, ${money(order.refundedMinor, order.currency)} given back`}
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Viewed({ viewed }: { viewed: CustomerDocument["recentlyViewed"] }) {
  if (viewed.length === 0) return null;
  return (
    <Card title="Looked at">
      <ul className={classes["list"]}>
        {viewed.slice(0, 6).map(({ at, product }) => (
          <li key={product.id} className={classes["line"]}>
            <span className="wrap">{productName(product)}</span>
            <span className={classes["small"]}>
              <Ago at={at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Accounts({ accounts }: { accounts: CustomerDocument["accounts"] }) {
  if (accounts.length === 0) return null;
  return (
    <Card title="Accounts">
      <ul className={classes["list"]}>
        {accounts.map(({ accountId, since, traits }) => (
          <li key={accountId} className={classes["line"]}>
            <span className="wrap">{typeof traits["name"] === "string" ? traits["name"] : accountId}</span>
            <span className={classes["small"]}>
              <Ago at={since} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const TRAITS_SHOWN = 10;
function Traits({ customer }: { customer: CustomerDocument }) {
  const [all, setAll] = useState(false);
  const traits = Object.entries(customer.traits);
  if (traits.length === 0) return null;
  const shown = all ? traits : traits.slice(0, TRAITS_SHOWN);
  return (
    <Card title="Traits">
      <dl className={classes["traits"]}>
        {shown.map(([name, value]) => (
          <div key={name}>
            <dt className="wrap">{name}</dt>
            <dd
              className="wrap"
              title={customer.traitsAt[name] && `Told ${date(Date.parse(customer.traitsAt[name]))}`}
            >
              {plain(value)}
            </dd>
          </div>
        ))}
      </dl>
      {traits.length > TRAITS_SHOWN && (
        <Button variant="subtle" size="compact-sm" m="xs" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${traits.length}`}
        </Button>
      )}
    </Card>
  );
}

function Touches({ customer }: { customer: CustomerDocument }) {
  const channels = Object.entries(customer.channels).toSorted(([, a], [, b]) => b.n - a.n);
  if (channels.length === 0) return null;
  return (
    <Card title="Where they meet us">
      <ul className={classes["list"]}>
        {customer.firstTouch && (
          <li className={classes["line"]}>
            <span>Came first by</span>
            <ChannelTag channel={customer.firstTouch.channel} />
          </li>
        )}
        {channels.map(([channel, { n, lastAt }]) => (
          <li key={channel} className={classes["line"]}>
            <ChannelTag channel={channel} />
            <span className={classes["small"]}>
              {count(n)} · <Ago at={lastAt} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The facts, one card each; what is not known takes no room. */
export function Facts({ customer }: { customer: CustomerDocument }) {
  return (
    <div className={classes["facts"]}>
      <SegmentsCard customerId={customer.id} />
      <NeedsCard customerId={customer.id} />
      <Cart cart={customer.cart} />
      <Purchases customer={customer} />
      <Viewed viewed={customer.recentlyViewed} />
      <Touches customer={customer} />
      {customer.consents.length > 0 && (
        <Card title="Consents">
          <ConsentList consents={customer.consents} />
        </Card>
      )}
      <Accounts accounts={customer.accounts} />
      <Traits customer={customer} />
    </div>
  );
}

/** The facts as a tab of their own, where the screen is too narrow to show them beside the timeline. */
export function AboutTab() {
  const { data } = useCustomer();
  return data === undefined ? null : <Facts customer={data} />;
}
