/** All kinds of gaps that are told by people's chances. */
import { dropOff } from "./drop-off.ts";
import { hesitation } from "./hesitation.ts";
import type { ChanceKind } from "./kind.ts";
import { slowResponse } from "./slow-response.ts";

/** In the order of the manual. */
export const CHANCE_KINDS: readonly ChanceKind[] = [dropOff, hesitation, slowResponse];
