/**
 * Who is here, and what they allow. The anonymous id is analytics.js' own where that is on the page, so that both tell
 * of one visitor; what it stores is read and never written.
 */
import { forgetAll, type Kept, read, readRecord, safely, writeRecord } from "./keep.ts";
import type { ConsentAnswers, Options } from "./model.ts";

/** A random UUID of version 4, also on pages without https, where browsers have no function for it. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 15) | 64;
  bytes[8] = (bytes[8]! & 63) | 128;
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Whether the browser asks that nothing be sold or shared. */
export const asksForPrivacy = (): boolean =>
  (navigator as { readonly globalPrivacyControl?: boolean }).globalPrivacyControl === true;

/** analytics.js keeps the id in a cookie and in localStorage, as bare text or as JSON. */
function theirId(): string | undefined {
  const cookies = safely(() => document.cookie) ?? "";
  const inCookie = /(?:^|; )ajs_anonymous_id=(?:"|%22)?([\w.-]+)(?=[";%]|$)/.exec(cookies)?.[1];
  return inCookie ?? (read("ajs_anonymous_id")?.replaceAll('"', "") || undefined);
}

/** The visitor of this page. Nothing is written while `isOpen()` is false. */
export function createVisitor(options: () => Options | undefined) {
  let kept: Kept = readRecord();
  const purpose = (): string => options()?.purpose ?? "analytics";
  const isOpen = (): boolean => {
    const asked = options();
    const answer = kept.c?.[purpose()];
    return asked !== undefined && (asked.consent === "required" ? answer === true : answer !== false);
  };
  /** The visitor said no, now or earlier. */
  const isDenied = (): boolean => kept.c?.[purpose()] === false;
  const save = (): void => {
    if (isOpen()) writeRecord(kept);
  };
  return {
    isOpen,
    isDenied,
    save,
    answers: () => kept.c,
    userId: () => kept.u,
    name: (userId: string) => {
      if (kept.u === userId) return;
      kept.u = userId;
      save();
    },
    /** The anonymous id, and the one it was known by until now when analytics.js came to the page after us. */
    anonymous: (): { readonly id: string; readonly former?: string } => {
      const theirs = theirId();
      const former = kept.a;
      if (theirs !== undefined && theirs !== kept.x && theirs !== former) {
        kept.a = theirs;
        save();
        return former === undefined ? { id: theirs } : { id: theirs, former };
      }
      if (former === undefined) {
        kept.a = newId();
        save();
      }
      return { id: kept.a! };
    },
    /** Takes the id of a visitor who comes from another site of the business; false when this site knows them already. */
    become: (id: string): boolean => {
      if (kept.a !== undefined || theirId() !== undefined) return false;
      kept.a = id;
      save();
      return true;
    },
    /** Whoever comes next on this device is somebody else. */
    reset: () => {
      kept = { c: kept.c, x: theirId() };
      save();
    },
    /** Writes the answers down; true when they are new. Global Privacy Control is an answer of its own to advertising. */
    answer: (given: ConsentAnswers): boolean => {
      const answers = {
        ...kept.c,
        ...given,
        ...(asksForPrivacy() && "advertising" in given && { advertising: false }),
      };
      const isNew = JSON.stringify(answers) !== JSON.stringify(kept.c);
      kept.c = answers;
      save();
      return isNew;
    },
    /** Nothing of the visitor stays, except that a denial is remembered where nobody would ask again. */
    forget: () => {
      forgetAll();
      kept = { c: { [purpose()]: false } };
      if (options()?.consent !== "required") writeRecord(kept);
    },
  };
}
