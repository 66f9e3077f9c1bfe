/** How many are in, without a lie: a version that is half built is never counted, and it says as of when. */
import { Alert, Progress } from "@mantine/core";
import type { SegmentView, StagesView } from "../../src/segments/document.ts";
import { count } from "../ui/format.ts";
import { Ago } from "../ui/time.tsx";
import classes from "./segments.module.css";

type Standing = Pick<StagesView, "state" | "version" | "asOf" | "progress" | "problem">;

/** "building 40 %". */
export function buildingWords({ phase, doneRatio }: NonNullable<Standing["progress"]>): string {
  if (phase === "waiting") return "waiting to be built";
  if (phase === "catching_up") return "building, nearly there";
  return `building ${Math.floor(100 * doneRatio)} %`;
}

/** The number of members as it may be said; with what is going on where something is. */
export function Members({ segment }: { segment: SegmentView }) {
  const { members, progress, state, asOf } = segment;
  const now = progress ? buildingWords(progress) : state === "failed" ? "building failed" : null;
  if (members === null) return <span className="quiet">{now ?? "not counted yet"}</span>;
  return (
    <span>
      {count(members)}
      {now !== null && (
        <span className={classes["aside"]}>
          {asOf !== null && <>as of <Ago at={asOf} />, </>}
          new rule: {now}
        </span>
      )}
    </span>
  );
} // prettier-ignore

/** What is being built, or why it failed, above what it concerns; nothing while all is well. */
export function StandingNotice({ standing, what }: { standing: Standing; what: string }) {
  const { progress, problem, state, version, asOf } = standing;
  if (progress)
    return (
      <Alert variant="light" color="thread" mb="md" title={`The ${what} is ${buildingWords(progress)}`} role="status">
        {version === null
          ? "History is being read. Nobody is shown as in until it is whole, so that no half-counted number misleads."
          : <>Until it is whole the one before it keeps serving{asOf !== null && <>, whole as of <Ago at={asOf} /></>}.</>}
        <Progress value={100 * progress.doneRatio} size="sm" mt="xs" aria-label="How far it is" />
      </Alert>
    );
  if (state !== "failed") return null;
  return (
    <Alert variant="light" color="red" mb="md" title={`The ${what} could not be built`} role="alert">
      {problem ?? "The server had a fault while reading history."}{" "}
      {version === null ? "Save it again to try once more." : "The one before it keeps serving. Save it again to try once more."}
    </Alert>
  );
} // prettier-ignore
