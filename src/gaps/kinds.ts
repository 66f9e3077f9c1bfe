/** All kinds of gaps that are told by people's chances. */
import { brokenHandoff } from "./broken-handoff.ts";
import { brokenPromise } from "./broken-promise.ts";
import { contradiction } from "./contradiction.ts";
import { dropOff } from "./drop-off.ts";
import { hesitation } from "./hesitation.ts";
import { irrelevantMessage } from "./irrelevant.ts";
import type { ChanceKind } from "./kind.ts";
import { silenceAfterPurchase } from "./silence.ts";
import { slowResponse } from "./slow-response.ts";
import { startingOver } from "./starting-over.ts";
import { unansweredQuestion } from "./unanswered.ts";
import { unrecognised } from "./unrecognised.ts";

/** In the order of the manual. */
export const CHANCE_KINDS: readonly ChanceKind[] = [
  dropOff,
  hesitation,
  startingOver,
  brokenHandoff,
  slowResponse,
  silenceAfterPurchase,
  irrelevantMessage,
  contradiction,
  unansweredQuestion,
  brokenPromise,
  unrecognised,
];
