/** The vault of tests whose stores are their own: a key made for this run. */
import { randomBytes } from "node:crypto";
import { vaultOf } from "../src/vault.ts";

export const VAULT = vaultOf([randomBytes(32)]);
