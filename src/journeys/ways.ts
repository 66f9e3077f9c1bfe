/** The ways out of a step. By itself and free of schemas, so that the canvas in the browser draws what the walk goes. Pure. */
import type { Step } from "./model.ts";

/** A way out of a step: its name, and where it leads. */
export type Way = { readonly path: string; readonly next: string | null };
/** All ways out of a step, in the order in which they are drawn. Steps that end the run have none. */
export function waysOf(step: Step): readonly Way[] {
  switch (step.type) {
    case "message":
      return [{ path: "next", next: step.next }, ...(step.refused === undefined ? [] : [{ path: "refused", next: step.refused }])];
    case "wait_until":
      return [...step.paths.map(({ next }, i) => ({ path: String(i), next })), ...(step.maxMs === null ? [] : [{ path: "next", next: step.next }])];
    case "branch":
      return [...step.paths.map(({ next }, i) => ({ path: String(i), next })), { path: "next", next: step.next }];
    case "split":
      return step.paths.map(({ key, next }) => ({ path: key, next }));
    case "decide":
      return [...step.candidates.map(({ key, next }) => ({ path: key, next })), { path: "next", next: step.next }];
    case "task":
      return [...step.outcomes.map(({ outcome, next }) => ({ path: outcome, next })), { path: "next", next: step.next }];
    case "webhook":
      return [{ path: "next", next: step.next }, ...(step.failed === undefined ? [] : [{ path: "failed", next: step.failed }])];
    case "jump":
      return [{ path: "next", next: step.to }];
    case "exit":
      return [];
    default:
      return [{ path: "next", next: step.next }];
  }
} // prettier-ignore
