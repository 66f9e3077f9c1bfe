/** From a place on the map to a fix: the gaps that are known, or a journey's draft begun from a starter. Nothing goes live here. */
import { Button, Modal, Radio, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useApi, useServices } from "../services.tsx";
import { counted } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { titled } from "../gaps/near.ts";
import classes from "./panel.module.css";

const GAPS_SHOWN = 3;

/** Gaps that are open and speak of what is chosen. */
function KnownGaps({ events }: { events: readonly string[] }) {
  const api = useApi();
  const gaps = useQuery({ queryKey: ["gaps", "open"], queryFn: ({ signal }) => api.gaps({ state: "open" }, signal) });
  const near = titled(gaps.data?.gaps ?? [], events);
  if (gaps.isPending) return <Rows rows={1} />;
  if (near.length === 0)
    return (
      <p>
        No gap is known here. <Link to="/gaps" className="link">Look for gaps</Link> to see what is at stake, or begin with a draft.
      </p>
    );
  return (
    <>
      <p>{counted(near.length, "gap")} known here, with evidence and a drafted remedy:</p>
      <ul className={classes["gaps"]}>
        {near.slice(0, GAPS_SHOWN).map(({ id, title }) => (
          <li key={id}><Link to="/gaps/$gapId" params={{ gapId: String(id) }} className="link">{title}</Link></li>
        ))}
      </ul>
    </>
  );
} // prettier-ignore

/** The dialog. `events`: names of what is chosen, by which starters are ordered. */
export function FixDialog({ where, events, onClose }: { where: string; events: readonly string[]; onClose: () => void }) {
  const { api, queries } = useServices();
  const navigate = useNavigate();
  const starters = useQuery({ queryKey: ["journey-starters"], queryFn: ({ signal }) => api.journeyStarters(signal), staleTime: Infinity });
  const fits = (named: readonly string[]): boolean => named.some((name) => events.includes(name));
  const offered = (starters.data?.starters ?? []).toSorted((a, b) => Number(fits(b.events)) - Number(fits(a.events)));
  const [chosen, setChosen] = useState<string | null>(null);
  const [site, setSite] = useState("");
  const key = chosen ?? offered[0]?.key;
  const begin = useMutation({
    mutationFn: (starter: string) => api.beginJourney({ key: starter, ...(site.trim() === "" ? {} : { site: site.trim() }) }),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ["journeys"] });
      await navigate({ to: "/journeys/$journeyId", params: { journeyId: String(id) } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (key !== undefined) begin.mutate(key);
  };
  return (
    <Modal opened onClose={onClose} title={<strong>Draft a fix: {where}</strong>} size="lg">
      <KnownGaps events={events} />
      <form onSubmit={submit} className={classes["fix"]}>
        <Radio.Group label="Begin a journey with" value={key ?? ""} onChange={setChosen}>
          <div className={classes["starters"]}>
            {offered.map((starter) => <Radio key={starter.key} value={starter.key} label={starter.name} description={starter.description} />)}
          </div>
        </Radio.Group>
        <TextInput type="url" label="Where your business is on the web" description="The buttons of the letters lead there." placeholder="https://" value={site} onChange={(event) => setSite(event.currentTarget.value)} />
        {begin.isError && <Fault fault={begin.error} />}
        <Button type="submit" loading={begin.isPending} disabled={key === undefined}>Make the draft</Button>
      </form>
    </Modal>
  );
} // prettier-ignore
