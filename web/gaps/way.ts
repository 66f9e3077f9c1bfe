/** The way from a gap to its proof: how far it has come, and what a person does next. Pure. */
import type { GapDetail, Proof } from "../../src/gaps/model.ts";

type Gap = Pick<GapDetail, "state" | "journeyId" | "proof" | "remedy">;
/** One of the steps, done or not; the first that is not done is where it stands. */
export type Step = { readonly label: string; readonly done: boolean };

const isDecided = (proof: Proof): boolean =>
  (proof.type === "journey" && (proof.verdict === "better" || proof.verdict === "worse")) ||
  (proof.type === "before_after" && proof.verdict !== "undecided");

/** The steps of a gap, the first first. */
export function stepsOf({ state, journeyId, proof, remedy }: Gap): readonly Step[] {
  const begun = state !== "open" && state !== "dismissed";
  const steps: readonly (readonly [label: string, done: boolean])[] =
    remedy.type === "journey" || journeyId !== null
      ? [["Found", true], ["Draft made", journeyId !== null], ["Published", proof.type === "journey"], ["Customers in it", proof.type === "journey" && proof.treated > 0], ["Decided", isDecided(proof)]]
      : [["Found", true], ["Being fixed", begun], ["Measured again", proof.type === "before_after"], ["Decided", isDecided(proof)]];
  // What comes later is not done before what comes first.
  const firstOpen = steps.findIndex(([, done]) => !done);
  return steps.map(([label], i) => ({ label, done: firstOpen === -1 || i < firstOpen }));
} // prettier-ignore

/** What to do, in a sentence. */
export function nextOf({ state, journeyId, proof, remedy }: Gap): string {
  if (state === "proven") return "nothing. Look again now and then: what helped once may stop helping.";
  if (state === "dismissed") return "nothing, as long as it is meant to be so.";
  if (proof.type === "journey") return nextOfJourney(proof);
  if (journeyId !== null) return "replay it over the past to see who would have got what, then publish it.";
  if (state === "open" || state === "rolled_back")
    return remedy.type === "journey"
      ? "make the journey's draft. Nothing is sent by that."
      : "say that you are fixing it, and do what is written below.";
  if (proof.type === "before_after" && proof.verdict === "fell")
    return "say that it is proven, or keep watching.";
  return "look for gaps again when people had time to notice; it is looked for every day as well.";
}

function nextOfJourney({ verdict, treated }: Extract<Proof, { type: "journey" }>): string {
  switch (verdict) {
    case "better":
      return "say that it is proven. You may then hold fewer customers out.";
    case "worse":
      return "pause the journey, say that it was rolled back, and try something else.";
    case "sample_ratio_mismatch":
      return "look at the journey's results: something lets more of one side in than was drawn.";
    case "too_few":
    case "undecided":
      return treated === 0
        ? "nothing. Whoever does what lets them in from now on goes through it."
        : "nothing but patience: it is told as soon as there are enough.";
  }
}
