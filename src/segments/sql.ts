/**
 * The meaning of a rule over the whole event log: the customers who match at an instant, as one statement. Pure. It says
 * what match.ts says in memory; test/segments/two-meanings.test.ts holds the two equal.
 *
 * One reading of the events that the rule names gives a row for each customer with what its conditions need (counts,
 * sums, the newest instants); the rule itself is then a condition on that row. What is asked of all a customer's events,
 * or of other customers of an account, is asked by a statement of its own, as `customer in (...)`.
 */
import type { LogParameters } from "../db/clickhouse.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { type Facts, match } from "./match.ts";
import { Aggregated } from "./sql-aggregates.ts";
import { NOT_OWN, type Source, customersSql, eventsSql } from "./sql-rows.ts";
import {
  Parameters,
  SQL_SETTINGS,
  jsonOrder,
  literal,
  memberSql,
  tamed,
  testSql,
  utf16Order,
  valueOfRaw,
  whole,
} from "./sql-values.ts";
import type { Node } from "./plan.ts";
import { KNOWLEDGE_LIMITS } from "../customers/model.ts";

export type MembersQuery = {
  readonly workspace: WorkspaceId;
  readonly root: Node;
  readonly now: Instant;
  /** Where a customer is of whom no stage is told; null where there is no stage model. */
  readonly firstStage: string | null;
  /** Only events handled under an epoch before this one. */
  readonly epochBelow?: number | undefined;
  /** Only these customers. */
  readonly customers?: readonly number[] | undefined;
};
/** A statement and its parameters. It may stand in parentheses within another. */
export type Statement = { readonly text: string; readonly parameters: LogParameters };

/** A statement that answers the customers (column `customer`) who match; its values go to `parameters`. */
export function membersSql(query: MembersQuery, parameters = new Parameters()): Statement {
  const { workspace, epochBelow = null, customers = null } = query;
  const text = new Members(query, { workspace, epochBelow, customers }, parameters).sql(query.root);
  return { text: `${text} ${SQL_SETTINGS}`, parameters: parameters.values };
}

/** One about whom nothing is known. */
const nobody = (stage: string | null): Facts => ({
  track: () => undefined, trait: () => undefined, consent: () => undefined, channels: () => ({}), accountTraits: () => [],
  accountMatches: () => false, stage,
}); // prettier-ignore

class Members {
  readonly #query: Omit<MembersQuery, "root" | "customers">;
  readonly #source: Source;
  readonly #parameters: Parameters;
  readonly #rows: Aggregated;
  #elsewhere = false;

  constructor(query: Omit<MembersQuery, "root" | "customers">, source: Source, parameters: Parameters) {
    this.#query = query;
    this.#source = source;
    this.#parameters = parameters;
    this.#rows = new Aggregated(parameters, query.now);
  }

  sql(root: Node): string {
    const condition = this.#condition(root);
    const known = this.#rows.sql(this.#source);
    const unknownToo = this.#elsewhere || match(root, nobody(this.#query.firstStage), this.#query.now).matches;
    if (!unknownToo) return `select customer from (${known}) where ${condition}`;
    return `select customer from (${customersSql(this.#source)}) everybody left any join (${known}) known using customer where ${condition}`;
  } // prettier-ignore

  #condition(node: Node): string {
    switch (node.type) {
      case "all":
      case "any":
        return this.#group(node);
      case "not":
        return `not (${this.#condition(node.node)})`;
      case "did":
      case "sequence":
      case "without":
        return this.#rows.condition(node);
      case "trait":
        return testSql(node.is, valueOfRaw(this.#trait(node.name)), whole(this.#query.now), this.#parameters);
      case "consent":
        return this.#consent(node);
      case "stage":
        return `has(${this.#parameters.texts(node.in)}, ${this.#stage()})`;
      case "channel":
        return this.#among(this.#preferring(node.preferred));
      case "account":
        return this.#among(this.#accountsOf(this.#membersOf(node.node)));
      case "account_trait":
        return this.#among(this.#accountsOf(this.#accountsWith(node)));
    }
  } // prettier-ignore

  #group({ type, nodes }: Extract<Node, { type: "all" | "any" }>): string {
    if (nodes.length === 0) return type === "all" ? "1" : "0";
    return `(${nodes.map((one) => this.#condition(one)).join(type === "all" ? " and " : " or ")})`;
  }

  #among(statement: string): string {
    this.#elsewhere = true;
    return `customer in (${statement})`;
  }

  /** The JSON text of the value told last. */
  #trait(name: string): string {
    const raw = this.#rows.events.column(this.#rows.events.member("traits", name, "type = 'identify'"));
    return this.#rows.column(`argMaxIf(${raw}, (at, ${jsonOrder(raw)}), ${raw} != '')`);
  }

  #stage(): string {
    const of = "name = '$stage.changed'";
    const told = this.#rows.events.column(of);
    const raw = this.#rows.events.column(this.#rows.events.member("properties", "stage", of));
    const [any, last] = [
      this.#rows.column(`countIf(${told})`),
      this.#rows.column(`argMaxIf(JSONExtractString(${raw}), (at, id), ${told})`),
    ];
    // Nobody is in a stage of no name.
    return `if(${any} = 0, ${this.#parameters.text(this.#query.firstStage ?? "")}, ${last})`;
  }

  #consent({ channel, purpose, is }: Extract<Node, { type: "consent" }>): string {
    const own = this.#answer(channel, purpose);
    const all = this.#answer("all", purpose);
    return `(if(${own} != '', ${own}, if(${all} != '', ${all}, 'unknown')) = ${literal(is)})`;
  }

  /** The last answer, by time and then as customers/fold.ts says. */
  #answer(channel: string, purpose: string): string {
    const { events } = this.#rows;
    // An event of our own doing answers for nobody, as customers/told.ts has it.
    events.include(`consents != '' and ${NOT_OWN}`);
    const ours = `JSONExtractString(a, 'channel') = ${literal(channel)} and JSONExtractString(a, 'purpose') = ${this.#parameters.text(purpose)}`;
    const told = events.column(`arrayLast(a -> ${ours}, JSONExtractArrayRaw(if(${NOT_OWN}, consents, '')))`);
    const answer = events.column(`JSONExtractString(${told}, 'answer')`);
    const order = events.column(
      `concat(toJSONString(id), ',', ${answer}, '"', JSONExtractString(${told}, 'source'))`,
    );
    return this.#rows.column(`argMaxIf(${answer}, (at, ${jsonOrder(order)}), ${told} != '')`);
  }

  #preferring(preferred: readonly string[]): string {
    const counted = `select customer, channel, count() as n, max(at) as lastAt from (${eventsSql(this.#everybody(), "channel, name", NOT_OWN)}) group by customer, channel`;
    return `select customer from (${counted}) group by customer having has(${this.#parameters.texts(preferred)}, argMin(toString(channel), (-toInt64(n), -lastAt, toString(channel))))`;
  } // prettier-ignore

  /** Customers who belong to these accounts. Of a customer's accounts the ones told of last count. */
  #accountsOf(accounts: string): string {
    return `select customer from (${this.#belonging()}) where accountId in (${accounts})`;
  }

  #belonging(): string {
    const told = eventsSql(this.#everybody(), "accountId", "type = 'group' and accountId != ''");
    return `select customer, accountId from (select customer, accountId, max(at) as lastAt from (${told}) group by customer, accountId)
      order by lastAt desc, ${utf16Order("accountId")} limit ${KNOWLEDGE_LIMITS.accounts} by customer`;
  } // prettier-ignore

  #membersOf(node: Node): string {
    const members = new Members(this.#query, this.#everybody(), this.#parameters).sql(node);
    return `select accountId from (${this.#belonging()}) where customer in (${members})`;
  }

  #accountsWith({ name, is }: Extract<Node, { type: "account_trait" }>): string {
    const { workspace, epochBelow } = this.#source;
    const epoch = epochBelow === null ? "" : ` and epoch < ${epochBelow}`;
    const told = `select accountId, happenedAt as at, ${memberSql(tamed("traits"), name, this.#parameters)} as raw from events where workspace = ${workspace}${epoch} and type = 'group' and accountId != ''`;
    const last = `select accountId, argMax(raw, (at, ${jsonOrder("raw")})) as last from (${told}) where raw != '' group by accountId`;
    return `select accountId from (${last}) where ${testSql(is, valueOfRaw("last"), whole(this.#query.now), this.#parameters)}`;
  } // prettier-ignore

  #everybody(): Source {
    return { ...this.#source, customers: null };
  }
}
