/** What a customer belongs to: the stage, the segments with why, computed traits, and how they came and went. */
import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Shapes } from "lucide-react";
import { useState } from "react";
import type { CustomerDocument } from "../../src/customers/document.ts";
import type { CustomerSegments, MembershipHistory } from "../../src/segments/document.ts";
import { WhyTree } from "../segments/why-tree.tsx";
import { useApi } from "../services.tsx";
import { moment, plain } from "../ui/format.ts";
import { More } from "../ui/more.tsx";
import { nameOf } from "../ui/names.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { Ago } from "../ui/time.tsx";
import { useCustomer } from "./customer.tsx";
import facts from "./facts.module.css";
import { useBelonging } from "./stage.tsx";

const route = getRouteApi("/customers/$customerId/segments");
const PAGE_ENTRIES = 50;

function Reasons({ customer, segmentId }: { customer: CustomerDocument; segmentId: number }) {
  const api = useApi();
  const why = useQuery({
    queryKey: ["why", customer.id, segmentId],
    queryFn: ({ signal }) => api.why(customer.id, segmentId, signal),
  });
  if (why.isPending) return <Rows rows={3} />;
  if (why.isError)
    return <Fault fault={why.error} retry={() => void why.refetch()} retrying={why.isFetching} />;
  return <WhyTree answer={why.data} who={nameOf(customer)} />;
}

type In = CustomerSegments["segments"][number];
function Segment({ customer, segment }: { customer: CustomerDocument; segment: In }) {
  const [opened, setOpened] = useState(false);
  return (
    <li>
      <div className={facts["line"]}>
        <span className="wrap">
          <Link to="/segments/$segmentId" params={{ segmentId: String(segment.id) }} className="name">
            {segment.name}
          </Link>
          <span className={facts["small"]}>
            {" "}
            since <Ago at={segment.sinceAt} />
          </span>
        </span>
        <Button
          variant="default"
          size="compact-sm"
          aria-expanded={opened}
          aria-label={`Why in ${segment.name}`}
          onClick={() => setOpened(!opened)}
        >
          Why
        </Button>
      </div>
      {opened && <Reasons customer={customer} segmentId={segment.id} />}
    </li>
  );
}

function Segments({ customer, segments }: { customer: CustomerDocument; segments: readonly In[] }) {
  return (
    <section className={`sheet ${facts["card"]}`} aria-labelledby="in-segments">
      <header>
        <h2 id="in-segments">In these segments</h2>
      </header>
      {segments.length === 0 ? (
        <Empty icon={<Shapes />} title="In no segment now">
          <p>
            To see what keeps them out of one, open it under{" "}
            <Link to="/segments" className="link">
              Segments
            </Link>{" "}
            and choose them at “Why in or not”.
          </p>
        </Empty>
      ) : (
        <ul className={facts["list"]}>
          {segments.map((segment) => (
            <Segment key={segment.id} customer={customer} segment={segment} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Computed({ computed }: { computed: CustomerSegments["computed"] }) {
  if (computed.length === 0) return null;
  return (
    <section className={`sheet ${facts["card"]}`} aria-labelledby="computed">
      <header>
        <h2 id="computed">Computed traits</h2>
      </header>
      <dl className={facts["traits"]}>
        {computed.map(({ name, description, words, value }) => (
          <div key={name}>
            <dt className="wrap" title={description}>
              {name}
              <span className={facts["small"]}> {words}</span>
            </dt>
            <dd className="wrap">{plain(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

type Entry = MembershipHistory["entries"][number];
const BY: { readonly [by in Entry["by"]]: string } = {
  event: "with an event",
  time: "by time alone",
  identity: "when two records were joined or parted",
  account: "by something of the account",
  rule: "when the rule changed",
};

function EntryLine({ entry, stageNames }: { entry: Entry; stageNames: (key: string) => string }) {
  const { what, segment, stage, because, by, at } = entry;
  return (
    <li>
      <div className={facts["line"]}>
        <span className="wrap">
          {what === "stage" ? (
            <>
              Stage{stage?.from != null && ` ${stageNames(stage.from)} →`}{" "}
              <strong>{stage === null ? "" : stageNames(stage.to)}</strong>
            </>
          ) : (
            <>
              {what === "entered" ? "Entered" : "Left"} <strong>{segment?.name ?? "a segment that is gone"}</strong>
            </>
          )}
        </span>
        <time dateTime={at} title={moment(Date.parse(at))} className={facts["small"]}>
          <Ago at={at} />
        </time>
      </div>
      <div className={facts["small"]}>
        {BY[by]}
        {because?.words != null && `: ${because.words}`}
      </div>
    </li>
  );
} // prettier-ignore

function Comings({ customerId }: { customerId: string }) {
  const api = useApi();
  const stages = useQuery({ queryKey: ["stages"], queryFn: ({ signal }) => api.stages(signal) });
  const list = useInfiniteQuery({
    queryKey: ["membership-history", customerId],
    queryFn: ({ pageParam, signal }) =>
      api.membershipHistory(customerId, { limit: PAGE_ENTRIES, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const entries = list.data?.pages.flatMap((page) => page.entries) ?? [];
  const stageNames = (key: string) => stages.data?.model?.stages.find((one) => one.key === key)?.name ?? key;
  return (
    <section className={`sheet ${facts["card"]}`} aria-labelledby="comings">
      <header>
        <h2 id="comings">Came in and left</h2>
      </header>
      <Awaiting query={list} rows={3} />
      {list.isSuccess && entries.length === 0 && (
        <p className="pad quiet">Nothing yet. Each time they enter or leave a segment it is told here.</p>
      )}
      {entries.length > 0 && (
        <>
          <ul className={facts["list"]}>
            {entries.map((entry, i) => (
              <EntryLine key={`${entry.at} ${i}`} entry={entry} stageNames={stageNames} />
            ))}
          </ul>
          <More list={list} end="The beginning." />
        </>
      )}
    </section>
  );
}

/** The tab. */
export function SegmentsTab() {
  const { customerId } = route.useParams();
  const { data: customer } = useCustomer();
  const belonging = useBelonging(customerId);
  if (customer === undefined) return null;
  return (
    <div className={facts["facts"]}>
      {belonging.isPending && <Rows rows={4} />}
      {belonging.isError && (
        <Fault
          fault={belonging.error}
          retry={() => void belonging.refetch()}
          retrying={belonging.isFetching}
        />
      )}
      {belonging.data && (
        <>
          <Segments customer={customer} segments={belonging.data.segments} />
          <Computed computed={belonging.data.computed} />
        </>
      )}
      <Comings customerId={customerId} />
    </div>
  );
}
