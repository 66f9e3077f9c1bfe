/** What changed beyond chance and nobody has seen yet; one click says it was seen, another takes that back. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, TrendingDown, TrendingUp, Undo2 } from "lucide-react";
import { useState } from "react";
import { csvOf } from "../../src/csv.ts";
import type { Alert } from "../../src/digest/model.ts";
import { CsvButton } from "../analysis/sheet.tsx";
import { useApi, useServices } from "../services.tsx";
import { counted } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import classes from "./overview.module.css";

const SHOWN_MAX = 5;
const LIMIT = 100;
const EVERY_MS = 60_000;

function Line({ alert }: { alert: Alert }) {
  const { api, queries } = useServices();
  const seen = alert.seenAt !== null;
  const mark = useMutation({
    mutationFn: () => api.setAlertSeen(alert.id, !seen),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alerts"] }),
  });
  const Icon = alert.direction === "up" ? TrendingUp : TrendingDown;
  const act = seen ? "Not seen after all" : "Seen";
  return (
    <li data-seen={seen}>
      <span className={classes["direction"]} data-tone={alert.worse === null ? "plain" : alert.worse ? "bad" : "good"}><Icon size={18} aria-hidden="true" /></span>
      <span className={classes["what"]}>
        <Link to="/results/metrics" search={{ metric: alert.metric }} className="name">{alert.name}</Link>
        <span className={classes["said"]}>{alert.words}</span>
        <span className={classes["small"]}>found <Ago at={alert.foundAt} />{seen && alert.seenBy ? `, seen by ${alert.seenBy}` : ""}</span>
        {mark.isError && <Fault fault={mark.error} />}
      </span>
      <Tooltip label={act}>
        <ActionIcon variant="subtle" color="gray" loading={mark.isPending} onClick={() => mark.mutate()} aria-label={`${act}: ${alert.name}, ${alert.words}`}>
          {seen ? <Undo2 size={16} /> : <Check size={16} />}
        </ActionIcon>
      </Tooltip>
    </li>
  );
} // prettier-ignore

const csvOfAlerts = (alerts: readonly Alert[]): string =>
  csvOf(
    ["metric", "name", "words", "since", "before", "after", "p_value", "found_at", "seen_at"],
    alerts.map(({ metric, name, words, since, before, after, pValue, foundAt, seenAt }) => [metric, name, words, since, before, after, pValue, foundAt, seenAt]),
  ); // prettier-ignore

/** The alerts that nobody has seen; all of them when asked for. */
export function Alerts() {
  const api = useApi();
  const [all, setAll] = useState(false);
  const state = all ? "all" : "open";
  const list = useQuery({
    queryKey: ["alerts", state],
    queryFn: ({ signal }) => api.alerts({ limit: LIMIT, state }, signal),
    refetchInterval: EVERY_MS,
    placeholderData: (before) => before,
  });
  const alerts = list.data?.alerts ?? [];
  return (
    <section className="sheet" aria-labelledby="alerts">
      <header>
        <h2 id="alerts">What changed</h2>
        <span className={classes["tools"]}>
          <Button size="compact-xs" variant="subtle" aria-pressed={all} onClick={() => setAll(!all)}>{all ? "Only unseen" : "With those seen"}</Button>
          {alerts.length > 0 && <CsvButton file={{ name: "What changed", content: () => csvOfAlerts(alerts) }} />}
        </span>
      </header>
      {list.isPending && <Rows rows={3} />}
      {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
      {list.isSuccess && alerts.length === 0 && (
        <p className={classes["calm"]}>
          {all ? "Nothing changed beyond chance yet." : "Nothing new."} Every metric is looked at once a day; a change that chance and the days of the week do not explain stands here.
        </p>
      )}
      {alerts.length > 0 && <ul className={classes["alerts"]}>{alerts.slice(0, all ? LIMIT : SHOWN_MAX).map((alert) => <Line key={alert.id} alert={alert} />)}</ul>}
      {!all && alerts.length > SHOWN_MAX && <p className={classes["calm"]}>And {counted(alerts.length - SHOWN_MAX, "more", "more")}.</p>}
    </section>
  );
} // prettier-ignore
