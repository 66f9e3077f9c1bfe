/** Where the day begins: the journey as a band of stages, its biggest gaps, how whole it feels, what changed, what happens now. */
import { NativeSelect } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Cable } from "lucide-react";
import type { MetricsAnswer } from "../../src/metrics/model.ts";
import { PERIODS } from "../analysis/scope.ts";
import { useScope } from "../analysis/use-scope.ts";
import { useStats } from "../data/data.tsx";
import { useMetrics } from "../results/use-metrics.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Ago } from "../ui/time.tsx";
import { Alerts } from "./alerts.tsx";
import { Band, HORIZON_MS } from "./band.tsx";
import { BiggestGaps } from "./gaps.tsx";
import { LiveMoments } from "./moments.tsx";
import classes from "./overview.module.css";
import { Wholeness } from "./wholeness.tsx";

const route = getRouteApi("/overview");
/** A month and more: long enough for a trend, short enough to be about now. */
const DAYS = "90";

/** What is asked once for all of the screen. */
const METRICS = ["stage_conversion", "stage_time", "stage_revenue", "continuity", "recognition", "promises_kept"] as const; // prettier-ignore

function Head({ answer }: { answer: MetricsAnswer | undefined }) {
  const { days = DAYS } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      {answer && <span className={classes["fresh"]}>Fresh as of <Ago at={answer.basis.asOf} /></span>}
      <NativeSelect
        aria-label="Period" value={days}
        data={PERIODS.map((one) => ({ value: String(one.days), label: one.days === 365 ? "The last year" : `The last ${one.label}` }))}
        onChange={({ currentTarget: { value } }) => void navigate({ search: value === DAYS ? {} : { days: value }, replace: true })}
      />
    </>
  );
} // prettier-ignore

/** Before the first event: what will stand here, and how it begins. */
function Nothing() {
  return (
    <section className="sheet">
      <Empty icon={<Cable />} title="Nothing has happened yet">
        <p>
          Once your touchpoints report, this screen shows how customers move from stage to stage, where they
          are lost, and what changed. Begin by{" "}
          <Link to="/data/sources" className="link">
            connecting one
          </Link>{" "}
          or{" "}
          <Link to="/data/import" className="link">
            importing a file
          </Link>
          .
        </p>
      </Empty>
    </section>
  );
}

function Filled() {
  const search = route.useSearch();
  const scope = useScope(search);
  const answer = useMetrics({ scope, metrics: [...METRICS], every: "week", horizonMs: HORIZON_MS });
  return (
    <Page title="Overview" intro="How customers move, where they are lost, and what changed." actions={<Head answer={answer.data} />}>
      <div className={classes["screen"]}>
        <Band metrics={answer.data} pending={answer.isPending} scope={scope} />
        {answer.isError && <Fault fault={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />}
        <div className={classes["halves"]}>
          <BiggestGaps />
          <Alerts />
        </div>
        <div className={classes["halves"]}>
          <Wholeness metrics={answer.data} pending={answer.isPending} />
          <LiveMoments />
        </div>
      </div>
    </Page>
  );
} // prettier-ignore

/** The screen. */
export function OverviewScreen() {
  const stats = useStats();
  if (stats.isPending) return <Rows />;
  if (stats.isError) return <div className="pad"><Fault fault={stats.error} retry={() => void stats.refetch()} retrying={stats.isFetching} /></div>;
  if (stats.data.accepted > 0) return <Filled />;
  return (
    <Page title="Overview" intro="How customers move, where they are lost, and what changed.">
      <Nothing />
    </Page>
  );
} // prettier-ignore
