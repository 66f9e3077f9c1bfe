/** Before each file of tests: its laws are asked with the run's seed, unless they name their own. */
import fc from "fast-check";
import { SEED } from "./random.ts";

fc.configureGlobal({ seed: SEED });
