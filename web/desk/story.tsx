/** The story of one customer on one screen: who, what to do, what not to say, then what it rests on. The desk and the panel show the same. */
import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Ban, Frown, Meh, Smile } from "lucide-react";
import { type ReactNode, useId } from "react";
import type { DeskView, FoundBy, NextStep } from "../../src/desk/model.ts";
import { ChannelTag } from "../ui/channel.tsx";
import { counted, date, money } from "../ui/format.ts";
import { Loaded } from "../ui/loaded.tsx";
import { Fault } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import { KIND_WORDS, eventTitle } from "../ui/words.ts";
import type { DeskCalls } from "./calls.ts";
import classes from "./desk.module.css";
import { dueWords } from "./words.ts";
import { WriteBack } from "./write.tsx";
import { type WriteChannel, storyKey, useWritten } from "./written.ts";

type Shown = { readonly calls: DeskCalls; readonly story: DeskView; readonly channel: WriteChannel };
function Part({ title, children, tone }: { title: string; children: ReactNode; tone?: "do" | "not" }) {
  const heading = useId();
  return (
    <section className={classes["part"]} data-tone={tone} aria-labelledby={heading}>
      <h3 id={heading}>{title}</h3>
      {children}
    </section>
  );
}

const MOOD = { happy: Smile, neutral: Meh, unhappy: Frown } as const;

function Head({ story }: { story: DeskView }) {
  const { who, stage, segments, sentiment, purchases } = story;
  const Mood = sentiment && MOOD[sentiment.word];
  const spent = purchases.value.map(({ valueMinor, currency }) => money(valueMinor, currency)).join(" + ");
  return (
    <header className={classes["who"]}>
      <h2 className="wrap">{who.name ?? who.reach[0]?.value ?? `Visitor ${story.customerId}`}</h2>
      <p className={classes["standing"]}>
        {stage && (
          <span className={classes["stage"]}>
            {stage.name}
            {stage.sinceAt !== null && (
              <span className={classes["since"]}>
                {" "}
                since <Ago at={stage.sinceAt} />
              </span>
            )}
          </span>
        )}
        {sentiment && Mood && (
          <span className={classes["mood"]} data-mood={sentiment.word}>
            <Mood size={16} aria-hidden="true" /> {sentiment.word}, <Ago at={sentiment.at} />
          </span>
        )}
        <span>
          {purchases.orders === 0 ? "no order yet" : `${counted(purchases.orders, "order")}, ${spent}`}
        </span>
      </p>
      <ul className={classes["reach"]} aria-label="Known by">
        {who.reach.map(({ kind, value }) => (
          <li key={`${kind} ${value}`} title={KIND_WORDS[kind]}>
            {who.isMasked || (kind !== "email" && kind !== "phone") ? (
              value
            ) : (
              <a className="link" href={`${kind === "email" ? "mailto" : "tel"}:${value}`}>
                {value}
              </a>
            )}
          </li>
        ))}
        {segments.map((name) => (
          <li key={name} className={classes["segment"]}>
            {name}
          </li>
        ))}
      </ul>
    </header>
  );
}

const ENDS: { readonly [kind in NextStep["kind"]]?: string } = { promise: "Kept", task: "Done" };

function Step({ step, shown: { calls, story, channel } }: { step: NextStep; shown: Shown }) {
  const written = useWritten(story.customerId);
  const { kind, id, title, detail, dueAt, isUrgent } = step;
  const end = useMutation({
    mutationFn: () =>
      kind === "task"
        ? calls.doDeskTask(story.customerId, { taskId: id ?? "" })
        : calls.keepPromise(story.customerId, { promiseId: id ?? "", channel }),
    onSuccess: written,
  });
  const drop = useMutation({
    mutationFn: () => calls.withdrawPromise(story.customerId, { promiseId: id ?? "", channel }),
    onSuccess: written,
  });
  // A task with outcomes is ended where one can choose among them.
  const hasOutcomes = story.tasks.some((task) => task.id === id && task.outcomes.length > 0);
  const action = hasOutcomes ? undefined : ENDS[kind];
  const fault = end.error ?? drop.error;
  return (
    <li data-urgent={isUrgent}>
      <div className={classes["line"]}>
        <span className="wrap">
          <strong>{title}</strong>
          {(detail !== null || dueAt !== null) && (
            <span className={classes["small"]}>
              {[dueAt === null ? null : dueWords(dueAt, Date.parse(story.asOf)), detail].filter(Boolean).join(" · ")}
            </span>
          )}
        </span>
        {action !== undefined && (
          <span className={classes["ends"]}>
            <Button size="compact-sm" loading={end.isPending} disabled={end.isSuccess} onClick={() => end.mutate()} aria-label={`${action}: ${title}`}>
              {action}
            </Button>
            {kind === "promise" && (
              <Button size="compact-sm" variant="default" loading={drop.isPending} disabled={drop.isSuccess} onClick={() => drop.mutate()} aria-label={`Not needed: ${title}`}>
                Not needed
              </Button>
            )}
          </span>
        )}
      </div>
      {fault !== null && <Fault fault={fault} />}
    </li>
  );
} // prettier-ignore

function Next({ shown }: { shown: Shown }) {
  const { next } = shown.story;
  return (
    <Part title="Do next" tone="do">
      {next.length === 0 ? (
        <p className={classes["none"]}>Nothing is owed and nothing is proposed.</p>
      ) : (
        <ul className={classes["steps"]}>
          {next.map((step) => (
            <Step key={`${step.kind} ${step.id ?? step.title}`} step={step} shown={shown} />
          ))}
        </ul>
      )}
    </Part>
  );
}

function Avoid({ avoid }: { avoid: DeskView["avoid"] }) {
  if (avoid.length === 0) return null;
  return (
    <Part title="Do not" tone="not">
      <ul className={classes["steps"]}>
        {avoid.map(({ reason, about, detail }) => (
          <li key={`${reason} ${about ?? detail}`} className={classes["not"]}>
            <Ban size={15} aria-hidden="true" />
            <span className="wrap">{detail}</span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

const stockWords = (stock: number | null): string =>
  stock === null ? "stock not counted" : stock === 0 ? "out of stock" : `${stock} left`;

function Cart({ cart }: { cart: DeskView["cart"] }) {
  if (cart.items.length === 0) return null;
  const total = cart.totals.map(({ valueMinor, currency }) => money(valueMinor, currency)).join(" + ");
  return (
    <Part title={`In the cart${total === "" ? "" : `, ${total}`}`}>
      <ul className={classes["rows"]}>
        {cart.items.map(({ id, name, variant, quantity, priceMinor, currency, priceChanged, addedPriceMinor, stock }) => (
          <li key={id} className={classes["line"]}>
            <span className="wrap">
              {quantity > 1 && `${quantity} × `}
              {name ?? id}
              {variant !== null && ` (${variant})`}
              <span className={classes["small"]} data-bad={stock === 0}>
                {stockWords(stock)}
              </span>
            </span>
            {priceMinor !== null && currency !== null && (
              <span className={classes["price"]}>
                {money(priceMinor, currency)}
                {priceChanged && addedPriceMinor !== null && <span className={classes["small"]}>was {money(addedPriceMinor, currency)}</span>}
              </span>
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
} // prettier-ignore

function Moments({ moments }: { moments: DeskView["moments"] }) {
  if (moments.length === 0) return null;
  return (
    <Part title="Last moments">
      <ol className={classes["rows"]}>
        {moments.map(({ at, event, about, channel, touchpoint }, place) => (
          <li key={`${at} ${place}`} className={classes["line"]}>
            <span className="wrap">
              {eventTitle(event)}
              <span className={classes["small"]}>
                <ChannelTag channel={channel} /> · {about ?? touchpoint}
              </span>
            </span>
            <span className={classes["when"]}>
              <Ago at={at} />
            </span>
          </li>
        ))}
      </ol>
    </Part>
  );
}

function Purchases({ purchases }: { purchases: DeskView["purchases"] }) {
  if (purchases.orders === 0) return null;
  return (
    <Part title="Bought">
      <ul className={classes["rows"]}>
        {purchases.recent.map(({ orderId, at, title, currency, valueMinor, refundedMinor }) => (
          <li key={orderId} className={classes["line"]}>
            <span className="wrap">
              {title ?? `Order ${orderId}`}
              <span className={classes["small"]}>
                {date(Date.parse(at))}, order {orderId}
                {refundedMinor > 0 && `, ${money(refundedMinor, currency)} given back`}
              </span>
            </span>
            <span className={classes["price"]}>{money(valueMinor, currency)}</span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

const PROMISE = { open: "open", due: "due", overdue: "overdue", kept: "kept", withdrawn: "not needed any more" } as const; // prettier-ignore

function Promises({ promises }: { promises: DeskView["promises"] }) {
  const ended = promises.filter(({ endedAt }) => endedAt !== null);
  if (ended.length === 0) return null;
  return (
    <Part title="Promised before">
      <ul className={classes["rows"]}>
        {ended.map(({ id, promise, state, endedAt }) => (
          <li key={id} className={classes["line"]}>
            <span className="wrap">{promise}</span>
            <span className={classes["when"]}>
              {PROMISE[state]} <Ago at={endedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Notes({ notes }: { notes: DeskView["notes"] }) {
  if (notes.length === 0) return null;
  return (
    <Part title="Notes">
      <ul className={classes["rows"]}>
        {notes.map(({ at, by, text }, place) => (
          <li key={`${at} ${place}`}>
            <span className="wrap">{text}</span>
            <span className={classes["small"]}>
              {by !== null && `${by}, `}
              <Ago at={at} />
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Whole({ shown }: { shown: Shown }) {
  const { story } = shown;
  return (
    <article className={classes["story"]} aria-label={`The story of ${story.who.name ?? story.customerId}`}>
      <Head story={story} />
      <div className={classes["columns"]}>
        <div>
          <Next shown={shown} />
          <Avoid avoid={story.avoid} />
          <Cart cart={story.cart} />
          <WriteBack {...shown} />
        </div>
        <div>
          <Moments moments={story.moments} />
          <Purchases purchases={story.purchases} />
          <Notes notes={story.notes} />
          <Promises promises={story.promises} />
          <p className={classes["missing"]}>{story.missing.join(" ")}</p>
        </div>
      </div>
    </article>
  );
}

/** Reads the story and shows it; again when somebody comes back to it, but not by the clock: every reading is a look. */
export function Story({ calls, customerId, found, channel }: { calls: DeskCalls; customerId: string; found: FoundBy; channel: WriteChannel }) {
  const query = useQuery({
    queryKey: storyKey(customerId),
    queryFn: ({ signal }) => calls.desk(customerId, found, signal),
  });
  return (
    <Loaded query={query} rows={6}>
      {(story) => <Whole shown={{ calls, story, channel }} />}
    </Loaded>
  );
} // prettier-ignore
