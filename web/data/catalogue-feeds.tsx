/** The feeds of the catalogue: what came of reading each, what was refused and why, one more, one less, one now. */
import { Button, Group, Modal, NumberInput, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Rss } from "lucide-react";
import { useState } from "react";
import type { FeedView } from "../../src/catalogue/document-sources.ts";
import type { FeedOutcome, RowRefusal } from "../../src/catalogue/model.ts";
import { useServices } from "../services.tsx";
import { ConfirmCall } from "../ui/confirm-call.tsx";
import { count, counted } from "../ui/format.ts";
import { Loaded } from "../ui/loaded.tsx";
import { DraftForm } from "../ui/draft-form.tsx";
import { Empty, Fault } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import classes from "./import.module.css";

const OUTCOME: { readonly [outcome in FeedOutcome]: string } = {
  taken: "Read",
  unchanged: "Nothing new",
  unreachable: "Nothing answers there",
  refused_address: "This address may not be called",
  bad_answer: "The address answered with a fault",
  too_large: "Larger than a feed may be",
  too_slow: "It took too long",
  not_readable: "It cannot be read",
  no_items: "There was nothing in it",
};
const REFUSED: { readonly [reason in RowRefusal]: string } = {
  no_id: "No id",
  no_name: "No title",
  bad_price: "The price cannot be read",
  bad_value: "A value cannot be read",
  too_long: "Too long",
  twice: "The id stands in it twice",
  not_readable: "The line cannot be read",
};

function Outcome({ feed: { reading, items } }: { feed: FeedView }) {
  if (reading === null) return <Text size="sm">Not read yet.</Text>;
  const { outcome, detail, rows, made, changed, gone, refused, refusedRows } = reading;
  return (
    <div>
      <Text size="sm" c="dimmed" component="p" m={0}>
        {OUTCOME[outcome]} <Ago at={reading.at} />
        {outcome === "taken" &&
          `: ${counted(rows, "row")}, ${count(made)} new, ${count(changed)} changed, ${count(gone)} no longer in it`}
        {` · ${counted(items, "item")}`}
      </Text>
      {detail !== null && <Text size="sm">{detail}</Text>}
      {refused > 0 && (
        <details>
          <summary>{counted(refused, "row")} refused</summary>
          <ul>
            {refusedRows.map(({ line, reason, detail: why }) => (
              <li key={`${line} ${reason}`} className="wrap">
                Line {count(line)}: {REFUSED[reason]}. <span className="quiet">{why}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Feed({ feed, onRemove }: { feed: FeedView; onRemove: () => void }) {
  const { api, queries } = useServices();
  const read = useMutation({
    mutationFn: () => api.readFeed(feed.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["feeds"] }),
  });
  return (
    <li className={classes["item"]}>
      <div className={classes["line"]}>
        <strong className="wrap">{feed.url}</strong>
        <span className="quiet">every {counted(feed.everyMinutes, "minute")}</span>
      </div>
      <div className={classes["line"]}>
        <Outcome feed={feed} />
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            loading={read.isPending}
            onClick={() => read.mutate()}
            aria-label={`Read now: ${feed.url}`}
          >
            Read now
          </Button>
          <Button size="compact-sm" variant="default" onClick={onRemove} aria-label={`Remove ${feed.url}`}>
            Remove
          </Button>
        </Group>
      </div>
      {read.isError && <Fault fault={read.error} />}
    </li>
  );
}

function Draft({ onMade }: { onMade: () => void }) {
  const { api, queries } = useServices();
  const [url, setUrl] = useState("");
  const [everyMinutes, setEveryMinutes] = useState(60);
  const add = useMutation({
    mutationFn: () => api.addFeed({ url, everyMinutes }),
    onSuccess: async () => {
      onMade();
      await queries.invalidateQueries({ queryKey: ["feeds"] });
    },
  });
  return (
    <DraftForm making={add} action="Add the feed">
      <TextInput
        label="Address"
        description="CSV or lines of JSON, with the columns of Google's product data: id, title, link, price, availability."
        type="url"
        required
        maxLength={2000}
        data-autofocus
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <NumberInput
        label="Read every so many minutes"
        min={5}
        max={10_080}
        required
        allowDecimal={false}
        value={everyMinutes}
        onChange={(value) => setEveryMinutes(Number(value))}
      />
    </DraftForm>
  );
}

/** The feeds, looked at again while one is to be read. */
export function Feeds() {
  const { api } = useServices();
  const feeds = useQuery({
    queryKey: ["feeds"],
    queryFn: ({ signal }) => api.feeds(signal),
    refetchInterval: ({ state }) => (state.data?.feeds.some(({ dueAt }) => Date.parse(dueAt) <= Date.now()) ? 2_000 : 30_000), // prettier-ignore
  });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<FeedView | null>(null);
  const close = () => setAdding(false);
  return (
    <section className="sheet" aria-labelledby="feeds">
      <header>
        <h2 id="feeds">Feeds</h2>
        <Button size="xs" leftSection={<Rss size={14} />} onClick={() => setAdding(true)}>
          Add a feed
        </Button>
      </header>
      <Loaded query={feeds} rows={2}>
        {({ feeds: all }) =>
          all.length === 0 ? (
            <Empty icon={<Rss />} title="No feeds">
              <p>
                The feed your shop makes for Google or Meta will do. What is no longer in it becomes inactive
                and is never deleted.
              </p>
            </Empty>
          ) : (
            <ul className={classes["items"]}>
              {all.map((feed) => (
                <Feed key={feed.id} feed={feed} onRemove={() => setRemoving(feed)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Modal opened={adding} onClose={close} title={<strong>New feed</strong>}>
        <Draft onMade={close} />
      </Modal>
      <ConfirmCall
        target={removing}
        title="Read this feed no more?"
        action="Read it no more"
        call={({ id }) => api.removeFeed(id)}
        changes="feeds"
        onClose={() => setRemoving(null)}
      >
        <Text size="sm">Its items stay as they are. Added again, the feed takes them up again.</Text>
      </ConfirmCall>
    </section>
  );
}
