/** A test run on one customer: things happen, the clock is moved, and each answers at once what would come of it. */
import { ActionIcon, Button, Menu, NativeSelect, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Clock, LogIn, RotateCcw, UserCheck, X, Zap } from "lucide-react";
import { useState } from "react";
import type { Entry } from "../../src/journeys/model.ts";
import type { TryResult, TryStep } from "../../src/journeys/try.ts";
import { durationWords } from "../../src/segments/words.ts";
import { DurationField, NameField } from "../segments/fields.tsx";
import { Building } from "../segments/world.tsx";
import { useApi } from "../services.tsx";
import { CustomerPicker } from "../ui/customer-picker.tsx";
import { moment } from "../ui/format.ts";
import { nameOf } from "../ui/names.ts";
import { Fault } from "../ui/notice.tsx";
import { typedValue } from "./act-fields.tsx";
import design from "./design.module.css";
import { useDraft } from "./draft.tsx";
import { wayId } from "./edit.ts";
import type { Figures } from "./figures.ts";
import { Looked } from "./looked.tsx";
import classes from "./replay.module.css";
import { BLOCKER_WORDS, lineOf } from "./words.ts";

const HOUR_MS = 3_600_000;
type Steps = TryResult["steps"];

/** What was done, in words. */
export function doneWords(step: TryStep): string {
  switch (step.do) {
    case "event":
      return step.name === undefined ? "They are identified" : `${step.name} happens`;
    case "wait":
      return `${durationWords(step.ms)} pass`;
    case "until":
      return `It becomes ${moment(Date.parse(step.at))}`;
    case "enter":
      return "They are let in";
    case "complete":
      return `The task ends: ${step.outcome.replaceAll("_", " ")}`;
  }
}

/** The numbers of one customer's walk, as they are drawn. */
export function figuresOfTry(steps: Steps): Figures {
  const happened = steps.flatMap((one) => one.happened);
  const passed = happened.filter(({ type, step }) => type === "passed" && step !== null);
  const standing = new Map<string, number>();
  for (const { step } of steps.at(-1)?.runs ?? []) standing.set(step, (standing.get(step) ?? 0) + 1);
  const reached = new Map(standing);
  const ways = new Map<string, number>();
  for (const { step, path } of passed) {
    reached.set(step!, (reached.get(step!) ?? 0) + 1);
    const way = wayId({ step: step!, path: path ?? "next" });
    ways.set(way, (ways.get(way) ?? 0) + 1);
  }
  const refused = new Map<string, number>();
  for (const { step, message } of happened)
    if (step !== null && message?.answer === "refused") refused.set(step, (refused.get(step) ?? 0) + 1);
  return { entered: happened.filter(({ type }) => type === "entered").length, heldOut: happened.filter(({ type }) => type === "held_out").length, standing, reached, ways, unknown: "Not reached", refused };
} // prettier-ignore

function useTry(steps: readonly TryStep[], customerId: string | null, at: string) {
  const api = useApi();
  const { draft, view, problems } = useDraft();
  const body = {
    draft,
    journey: view.id,
    ...(customerId === null ? { traits: { email: "somebody@example.com" } } : { customerId }),
    at,
    steps: [...steps],
  };
  return useQuery({
    queryKey: ["try", JSON.stringify(body)],
    queryFn: ({ signal }) => api.tryJourney(body, signal),
    enabled: steps.length > 0 && problems.length === 0,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 30_000,
  });
}

/** Properties with which the entry's event would fit, as they are typed: "price=20". */
export function fittingOf(entry: Entry): string {
  if (entry.type !== "event") return "";
  const pairs = entry.where.flatMap(({ property, is }) => {
    if (is.op === "at_least" || is.op === "equals" || is.op === "at_most") return [`${property}=${String(is.value)}`];
    if (is.op === "above") return [`${property}=${is.value + 1}`];
    return is.op === "between" ? [`${property}=${is.from}`] : [];
  });
  return pairs.filter((pair) => !pair.startsWith("$")).join(", ");
} // prettier-ignore

/** An event to happen: its name and a few properties. */
function EventForm({ onDo }: { onDo: (step: TryStep) => void }) {
  const { draft, world } = useDraft();
  const [name, setName] = useState(draft.entry.type === "event" ? draft.entry.event : "");
  const [typed, setTyped] = useState(() => fittingOf(draft.entry));
  const properties = typed.split(",").flatMap((pair) => {
    const [key = "", ...value] = pair.split("=");
    return key.trim() === "" || value.length === 0
      ? []
      : [[key.trim(), typedValue(value.join("=").trim())] as const];
  });
  return (
    <div className={classes["doing"]}>
      <NameField
        label="Event"
        path="event"
        placeholder="an event"
        names={world.suggested.events}
        value={name}
        onChange={setName}
      />
      <TextInput
        aria-label="Properties"
        placeholder="total=129, order_id=7"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Button
        size="xs"
        variant="light"
        leftSection={<Zap size={14} />}
        disabled={name.trim() === ""}
        onClick={() =>
          onDo({ do: "event", name: name.trim(), properties: Object.fromEntries(properties) as never })
        }
      >
        Let it happen
      </Button>
    </div>
  );
}

function WaitForm({ onDo }: { onDo: (step: TryStep) => void }) {
  const [ms, setMs] = useState(HOUR_MS);
  return (
    <div className={classes["doing"]}>
      <DurationField label="Time" path="time" value={ms} onChange={setMs} />
      <Button
        size="xs"
        variant="light"
        leftSection={<Clock size={14} />}
        disabled={!(ms >= 1)}
        onClick={() => onDo({ do: "wait", ms })}
      >
        Let it pass
      </Button>
    </div>
  );
}

/** Where they stand after the last thing, and the ways on from there. */
function Standing({ steps, onDo }: { steps: Steps; onDo: (step: TryStep) => void }) {
  const { draft, names } = useDraft();
  const runs = steps.at(-1)?.runs ?? [];
  if (runs.length === 0) return <p className="quiet">They are not in the journey now.</p>;
  return runs.map(({ run, step, waitsFor, until }) => {
    const of = draft.steps[step];
    const outcomes = of?.type === "task" ? of.outcomes.map(({ outcome }) => outcome) : [];
    return (
      <div key={run} className={classes["stands"]}>
        <span>
          They stand at <strong>{of ? lineOf(of, names) : step}</strong> and wait {BLOCKER_WORDS[waitsFor]}
          {until !== null && `, until ${moment(Date.parse(until))} at the latest`}.
        </span>
        {until !== null && (
          <Button size="compact-sm" variant="light" onClick={() => onDo({ do: "until", at: until })}>
            Go to that moment
          </Button>
        )}
        {outcomes.length > 0 && (
          <Menu shadow="md">
            <Menu.Target>
              <Button size="compact-sm" variant="light" leftSection={<UserCheck size={14} />}>
                The task is done
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {outcomes.map((outcome) => (
                <Menu.Item key={outcome} onClick={() => onDo({ do: "complete", outcome })}>
                  {outcome.replaceAll("_", " ")}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
    );
  });
}

/** What was done and what came of each, first to last. */
function Told({ done, steps, onUndo }: { done: readonly TryStep[]; steps: Steps; onUndo: () => void }) {
  return (
    <ol className={classes["told"]} aria-label="What happened">
      {done.map((step, i) => {
        const answer = steps[i];
        return (
          <li key={i}>
            <div className={classes["did"]}>
              <strong>{doneWords(step)}</strong>
              {answer && <time dateTime={answer.at}>{moment(Date.parse(answer.at))}</time>}
              {i === done.length - 1 && (
                <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Take the last thing back" onClick={onUndo}>
                  <X size={14} />
                </ActionIcon>
              )}
            </div>
            {answer?.problem && <p className={classes["refused"]}>{answer.problem}</p>}
            {answer && answer.problem === null && answer.happened.length === 0 && <p className="quiet">Nothing comes of it.</p>}
            <ul>
              {answer?.happened.map(({ at, words, message }, n) => (
                <li key={`${at} ${n}`} data-answer={message?.answer}>{words}</li>
              ))}
            </ul>
          </li>
        );
      })}
    </ol>
  );
} // prettier-ignore

/** The customer it is tried on, or somebody invented. */
function Who({ customerId, onChoose }: { customerId: string | null; onChoose: (id: string | null) => void }) {
  const api = useApi();
  const [real, setReal] = useState(customerId !== null);
  const customer = useQuery({
    queryKey: ["customer", customerId],
    queryFn: ({ signal }) => api.customer(customerId!, signal),
    enabled: customerId !== null,
  });
  const chosen =
    customerId === null ? null : { id: customerId, name: customer.data ? nameOf(customer.data) : customerId };
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label="On whom"
        data={[
          { value: "invented", label: "Somebody invented" },
          { value: "real", label: "A customer" },
        ]}
        value={real ? "real" : "invented"}
        onChange={(event) => {
          setReal(event.currentTarget.value === "real");
          onChoose(null);
        }}
      />
      {real && <CustomerPicker key={chosen?.name ?? ""} chosen={chosen} onChoose={onChoose} />}
    </>
  );
}

/** What can be done, and what came of what was done. */
function Acting({ done, answer, onDone }: { done: readonly TryStep[]; answer: ReturnType<typeof useTry>; onDone: (done: readonly TryStep[]) => void }) {
  const { draft } = useDraft();
  const onDo = (step: TryStep) => onDone([...done, step]);
  const steps = done.length === 0 ? [] : (answer.data?.steps ?? []);
  const asked = ["api", "batch", "schedule"].includes(draft.entry.type);
  const caveats = done.length === 0 ? [] : (answer.data?.caveats ?? []);
  return (
    <div className={classes["summary"]}>
      <h2 className={classes["heading"]}>Step by step</h2>
      <p className="quiet">Let something happen or let time pass. Nothing is stored and nothing is sent.</p>
      {asked && (
        <Button size="xs" variant="light" leftSection={<LogIn size={14} />} onClick={() => onDo({ do: "enter", key: "", context: {} })}>Let them in</Button>
      )}
      <EventForm onDo={onDo} />
      <WaitForm onDo={onDo} />
      {answer.isError && <Fault fault={answer.error} />}
      {done.length > 0 && <Told done={done} steps={steps} onUndo={() => onDone(done.slice(0, -1))} />}
      {steps.length > 0 && <Standing steps={steps} onDo={onDo} />}
      {caveats.length > 0 && <ul className={classes["caveats"]}>{caveats.map((caveat) => <li key={caveat}>{caveat}</li>)}</ul>}
    </div>
  );
} // prettier-ignore

/** The test run. */
export function TryRun() {
  const { world, problems } = useDraft();
  const [customerId, setCustomerId] = useState<string | null>(null);
  const [at, setAt] = useState(() => new Date(Date.now()).toISOString());
  const [done, setDone] = useState<readonly TryStep[]>([]);
  const answer = useTry(done, customerId, at);
  const steps = done.length === 0 ? [] : (answer.data?.steps ?? []);
  const again = (id: string | null) => {
    setCustomerId(id);
    setDone([]);
  };
  return (
    <Building world={world} problems={[]}>
      <div className={design["bar"]} role="toolbar" aria-label="Test run">
        <Who customerId={customerId} onChoose={again} />
        <TextInput size="xs" type="datetime-local" aria-label="The clock stands at" title="In UTC" value={at.slice(0, 16)} onChange={(event) => event.currentTarget.value !== "" && setAt(`${event.currentTarget.value}:00.000Z`)} />
        <Button size="xs" variant="default" leftSection={<RotateCcw size={14} />} disabled={done.length === 0} onClick={() => setDone([])}>Begin again</Button>
        {problems.length > 0 && <span className="quiet">First set right what is wrong in the design.</span>}
      </div>
      <Looked figures={done.length === 0 ? null : figuresOfTry(steps)} selected={steps.at(-1)?.runs[0]?.step}>
        <Acting done={done} answer={answer} onDone={setDone} />
      </Looked>
    </Building>
  );
} // prettier-ignore
