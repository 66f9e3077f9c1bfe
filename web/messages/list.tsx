/** Messages as a table with their drawer, for the outbox and for one customer. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { MessageSummary } from "../../src/messages/routes-outbox.ts";
import { useApi } from "../services.tsx";
import { More } from "../ui/more.tsx";

import { Awaiting } from "../ui/loaded.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { Link } from "@tanstack/react-router";
import { MessageDrawer } from "./message.tsx";
import classes from "./messages.module.css";
import { MessageStateWord } from "./state.tsx";
import { channelName, reasonWords, STATE_WORDS } from "./words.ts";

const PAGE_ROWS = 50;
const EVERY_MS = 5_000;

export type MessageFilter = {
  readonly state?: string | undefined;
  readonly channel?: string | undefined;
  readonly journey?: string | undefined;
  readonly reason?: string | undefined;
  readonly customerId?: string | undefined;
};

/** The columns; `onOpen` opens one, `whose` says to whom it goes. */
export const columnsOf = (onOpen: (id: string) => void, whose: boolean): readonly Column<MessageSummary>[] => [
  {
    id: "subject", header: "Message", width: "36%", value: ({ subject, template }) => subject ?? template.name,
    cell: ({ id, subject, template, journey }) => (
      <div className="wrap">
        <button type="button" className={classes["opens"]} onClick={() => onOpen(id)}>{subject ?? template.name ?? `Template ${template.id}`}</button>
        <span className={classes["small"]}>{journey === null ? "asked for directly" : journey.name}</span>
      </div>
    ),
  },
  ...(whose ? [{
    id: "to", header: "To", value: ({ address, customerId }: MessageSummary) => address ?? customerId,
    cell: ({ address, customerId }: MessageSummary) => <Link to="/customers/$customerId" params={{ customerId }} className="link">{address ?? customerId}</Link>,
  }] : []),
  { id: "channel", header: "Channel", value: ({ channel }) => channelName(channel), cell: ({ channel }) => channelName(channel) },
  { id: "state", header: "State", value: ({ state, reason }) => `${STATE_WORDS[state].label}${reason === null ? "" : `: ${reasonWords(reason)}`}`, cell: ({ state, reason }) => <MessageStateWord state={state} reason={reason} /> },
  { id: "created", header: "Asked for", value: ({ createdAt }) => createdAt, cell: ({ createdAt }) => <Ago at={createdAt} /> },
]; // prettier-ignore

/** The pages of messages by a filter. */
export function useMessages(filter: MessageFilter) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["messages", filter],
    queryFn: ({ pageParam, signal }) =>
      api.messages({ ...filter, limit: PAGE_ROWS, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: (before) => before,
    refetchInterval: EVERY_MS,
  });
}

type ListProps = {
  readonly list: ReturnType<typeof useMessages>;
  readonly label: string;
  readonly whose: boolean;
  readonly opened: string | undefined;
  readonly onOpen: (id: string | undefined) => void;
  readonly empty: ReactNode;
};
/** The table. */
export function MessageTable({ list, label, whose, opened, onOpen, empty }: ListProps) {
  const rows = list.data?.pages.flatMap(({ messages }) => messages) ?? [];
  return (
    <>
      <Awaiting query={list} />
      {list.isSuccess && rows.length === 0 && empty}
      {rows.length > 0 && (
        <>
          <DataTable label={label} columns={columnsOf(onOpen, whose)} rows={rows} rowKey={({ id }) => id} />
          <More list={list} end="That is all of them." />
        </>
      )}
      <MessageDrawer id={opened} onClose={() => onOpen(undefined)} />
    </>
  );
}
