/** Who would be in, counted while the rule is being built: the number, a few of them, and how fresh the answer is. */
import { Progress, Skeleton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { RulePreview } from "../../src/segments/document.ts";
import type { Rule } from "../../src/segments/model.ts";
import { useApi } from "../services.tsx";
import { count, counted, lasting } from "../ui/format.ts";
import { nameOf } from "../ui/names.ts";
import { Fault } from "../ui/notice.tsx";
import classes from "./editor.module.css";
import type { Problem } from "./rule-edit.ts";

const RESTS_MS = 350;
const SHOWN = 10;
const NOTHING: readonly Problem[] = [];

/**
 * The server's word on a rule, asked once typing rests: what is wrong with it, and who would be in. An answer nobody
 * waits for any more is cancelled. `rule` is null while something is missing.
 */
export function usePreview(rule: Rule | null) {
  const api = useApi();
  const text = rule === null ? "" : JSON.stringify(rule);
  const [asked] = useDebouncedValue(text, RESTS_MS);
  const settled = asked === text;
  const check = useQuery({
    queryKey: ["rule-check", asked],
    queryFn: ({ signal }) => api.checkRule(JSON.parse(asked), signal),
    enabled: asked !== "",
    staleTime: 0,
    gcTime: 30_000,
  });
  const right = asked !== "" && check.data?.ok === true;
  const preview = useQuery({
    queryKey: ["rule-preview", asked],
    queryFn: ({ signal }) => api.previewRule(JSON.parse(asked) as Rule, signal),
    enabled: right,
    placeholderData: keepPreviousData,
    staleTime: 5_000,
    gcTime: 30_000,
    retry: false,
  });
  return {
    problems: settled && check.data ? check.data.problems : NOTHING,
    answer: rule === null ? undefined : preview.data,
    counting: rule !== null && (!settled || check.isFetching || preview.isFetching),
    fault: check.error ?? preview.error,
    retry: () => void (check.isError ? check.refetch() : preview.refetch()),
  };
}
type Preview = ReturnType<typeof usePreview>;

function share(n: number, total: number): string {
  if (total === 0) return "nobody is known yet";
  const percent = (100 * n) / total;
  const said = percent > 0 && percent < 0.1 ? "less than 0.1" : percent.toFixed(percent < 10 ? 1 : 0);
  return `of ${counted(total, "customer")}, ${said} %`;
}

function Sample({ answer }: { answer: RulePreview }) {
  if (answer.sample.length === 0)
    return (
      <p className="quiet">
        {answer.total === 0
          ? "No customers have arrived yet. The segment fills as they come."
          : "Nobody matches now. Try a longer time, or “any” in place of “all”."}
      </p>
    );
  return (
    <>
      <h3 className={classes["sampled"]}>Some of them</h3>
      <ul className={classes["sample"]}>
        {answer.sample.slice(0, SHOWN).map((customer) => (
          <li key={customer.id}>
            <Link to="/customers/$customerId" params={{ customerId: customer.id }} className="name" target="_blank">
              {nameOf(customer)}
            </Link>
            <span className="quiet">{counted(customer.events, "event")}</span>
          </li>
        ))}
      </ul>
    </>
  );
} // prettier-ignore

/** The number alone, at the foot of a screen too narrow to have the panel beside the builder. */
export function CountStrip({ preview, missing }: { preview: Preview; missing: readonly Problem[] }) {
  const { answer, counting, problems } = preview;
  if (missing.length > 0 || problems.length > 0 || answer === undefined) return null;
  return (
    <div className={`narrow-only ${classes["strip"]}`} aria-hidden="true">
      <strong>{count(answer.count)}</strong> {share(answer.count, answer.total)}
      {counting && <span className="quiet"> counting …</span>}
    </div>
  );
}

/** The panel beside the builder. `missing`: what has to be filled in before anything can be counted. */
export function PreviewPanel({ preview, missing }: { preview: Preview; missing: readonly Problem[] }) {
  const { answer, counting, fault, problems } = preview;
  const wrong = problems.length > 0;
  return (
    <section className={`sheet ${classes["preview"]}`} aria-label="Who would be in">
      <header>
        <h2>Who would be in</h2>
        <span className="quiet" role="status">
          {missing.length === 0 && counting
            ? "counting …"
            : answer && !wrong
              ? `counted in ${lasting(answer.tookMs)}`
              : ""}
        </span>
      </header>
      <div className="pad">
        {missing.length > 0 ? (
          <p className="quiet">
            {missing.length === 1
              ? missing[0]!.message
              : `${count(missing.length)} things are still missing.`}{" "}
            Then you see at once who is in.
          </p>
        ) : fault ? (
          <Fault fault={fault} retry={preview.retry} retrying={counting} />
        ) : wrong ? (
          <p className="quiet">The rule cannot be counted as it stands: see what is marked.</p>
        ) : answer ? (
          <div style={{ opacity: counting ? 0.55 : 1 }}>
            <p className={classes["count"]} data-count>
              <strong>{count(answer.count)}</strong> {share(answer.count, answer.total)}
            </p>
            <Progress
              value={answer.total === 0 ? 0 : (100 * answer.count) / answer.total}
              size="sm"
              mb="md"
              aria-hidden="true"
            />
            <Sample answer={answer} />
          </div>
        ) : (
          <Skeleton height={120} role="status" aria-label="Counting" />
        )}
      </div>
    </section>
  );
}
