/**
 * Lines as the event log takes them. An event of the inbox is logged as it stands with its atom and the epoch of its
 * handling put in front. Events of our own begin the other way round: they did not come in by the door and are not counted
 * as what came.
 */
import type { Event } from "../events/model.ts";

export const logLine = (atom: number, epoch: number, line: string): string =>
  `{"atom":${atom},"epoch":${epoch},${line.slice(1)}`;

export const ownLine = (atom: number, epoch: number, event: Event): string =>
  `{"epoch":${epoch},"atom":${atom},${JSON.stringify(event).slice(1)}`;

export const isOwnLine = (line: string): boolean => line.startsWith('{"epoch"');
