/** The rule of a segment: in words, as JSON to take along, and what refers to what. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { JsonBlock } from "../ui/code.tsx";
import { groupOf } from "./rule-edit.ts";
import { lineOf, sentenceOf } from "./rule-words.ts";
import { useThisSegment } from "./segment.tsx";
import classes from "./segments.module.css";
import { useWorld } from "./world.tsx";

const LEAD = {
  all: "In is whom all of these fit:",
  any: "In is whom at least one of these fits:",
  none: "In is whom none of these fits:",
  not_all: "In is whom not all of these fit:",
} as const;

function Segments({ list }: { list: readonly { readonly id: number; readonly name: string }[] }) {
  return (
    <ul className={classes["links"]}>
      {list.map(({ id, name }) => (
        <li key={id}>
          <Link to="/segments/$segmentId" params={{ segmentId: String(id) }} className="link">
            {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** The tab. */
export function RuleTab() {
  const { data: segment } = useThisSegment();
  const { names } = useWorld();
  const [asJson, setAsJson] = useState(false);
  if (segment === undefined) return null;
  const group = groupOf(segment.rule, "");
  return (
    <div className={classes["stack"]}>
      <section className="sheet" aria-labelledby="words">
        <header>
          <h2 id="words">Who is in</h2>
          <span className={classes["tools"]}>
            <Button size="xs" variant="default" onClick={() => setAsJson(!asJson)} aria-expanded={asJson}>
              {asJson ? "Hide JSON" : "Show JSON"}
            </Button>
            <Button
              size="xs"
              leftSection={<Pencil size={14} />}
              renderRoot={(props) => (
                <Link to="/segments/$segmentId/edit" params={{ segmentId: String(segment.id) }} {...props} />
              )}
            >
              Change the rule
            </Button>
          </span>
        </header>
        <div className="pad">
          {group && group.rules.length > 1 ? (
            <>
              <p className={classes["rule"]}>{LEAD[group.mode]}</p>
              <ul className={classes["rule"]}>
                {group.rules.map((rule, i) => (
                  <li key={i}>{lineOf(rule, names)}</li>
                ))}
              </ul>
            </>
          ) : (
            <p className={classes["rule"]}>Whoever this fits: {sentenceOf(segment.rule, names)}</p>
          )}
          {asJson && <JsonBlock value={segment.rule} label="the rule" />}
        </div>
      </section>
      {(segment.uses.length > 0 || segment.usedBy.length > 0 || segment.usedByStages) && (
        <section className="sheet pad" aria-label="References">
          {segment.uses.length > 0 && (
            <>
              <h3>Refers to</h3>
              <Segments list={segment.uses} />
            </>
          )}
          {segment.usedBy.length > 0 && (
            <>
              <h3>Referred to by</h3>
              <Segments list={segment.usedBy} />
            </>
          )}
          {segment.usedByStages && (
            <p>
              The{" "}
              <Link to="/segments/stages" className="link">
                stages
              </Link>{" "}
              refer to it.
            </p>
          )}
        </section>
      )}
    </div>
  );
}
