/** What a workspace's events show at a glance: how many, of whom, by which channel, and the roads most people take. */
import type { EventLog } from "../db/clickhouse.ts";
import type { WorkspaceId } from "../values.ts";

export type Found = {
  readonly customers: number;
  readonly events: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly channels: readonly {
    readonly channel: string;
    readonly events: number;
    readonly customers: number;
  }[];
  readonly names: readonly { readonly name: string; readonly events: number; readonly customers: number }[];
  /** Three moments one after the other; the same moment several times in a row counts once. */
  readonly paths: readonly { readonly path: string; readonly customers: number; readonly times: number }[];
};

const PATHS = 8;

/** Looks through the whole event log of the workspace. */
export async function findOut(log: EventLog, workspace: WorkspaceId): Promise<Found> {
  const events = `(
    select if(m.customer = 0, e.atom, m.customer) as customer, e.happenedAt as happenedAt, e.id as id, e.type as type, e.name as name,
      e.channel as channel, e.touchpoint as touchpoint
    from events e
    left join (select atom, argMax(customer, version) as customer from customersOfAtoms where workspace = ${workspace} group by atom) m on m.atom = e.atom
    where e.workspace = ${workspace})`;
  const [all] = await log.rows<{ customers: number; events: number; firstAt: number; lastAt: number }>(
    `select uniqExact(customer) as customers, count() as events, min(happenedAt) as firstAt, max(happenedAt) as lastAt from ${events}`,
  );
  const channels = await log.rows<Found["channels"][number]>(
    `select channel, count() as events, uniqExact(customer) as customers from ${events} group by channel order by events desc, channel`,
  );
  const names = await log.rows<Found["names"][number]>(
    `select name, count() as events, uniqExact(customer) as customers from ${events} group by name order by events desc, name limit 10`,
  );
  // What a customer told of himself is no moment of the road; a repeated moment would crowd out every other path.
  const paths = await log.rows<Found["paths"][number]>(
    `select path, uniqExact(customer) as customers, count() as times from (
       select customer, arrayJoin(arrayMap(i -> arrayStringConcat(arraySlice(steps, i, 3), ' > '), range(1, greatest(length(steps) - 1, 1)))) as path
       from (
         select customer, arrayCompact(arrayMap(step -> step.3, arraySort(groupArray((happenedAt, id, concat(channel, ': ', touchpoint)))))) as steps
         from ${events} where type not in ('identify', 'alias', 'group') group by customer)
       where length(steps) >= 3)
     group by path order by customers desc, times desc, path limit ${PATHS}`,
  );
  return {
    customers: all?.customers ?? 0,
    events: all?.events ?? 0,
    firstAt: all?.firstAt ?? 0,
    lastAt: all?.lastAt ?? 0,
    channels,
    names,
    paths,
  };
}
