/**
 * Reads a mail's structure (RFC 5322, RFC 2045, RFC 2046), as far as reports of bounces and complaints need it. Pure.
 * A mail is taken as text of one character a byte; nothing in it can make this throw or take long.
 */
import { DRIVER_LIMITS } from "./model.ts";

/** A mail or a part of one. Header names are in lower case; a header that comes twice keeps both. */
export type Part = {
  readonly headers: Headers;
  /** `multipart/report`, in lower case. */
  readonly type: string;
  readonly parameters: { readonly [name: string]: string };
  /** Decoded; empty for what has parts. */
  readonly body: string;
  readonly parts: readonly Part[];
};
export type Headers = { readonly [name: string]: readonly string[] };

/** Read of a Content-Type. */
const TYPE_CHARS_MAX = 2_000;

/** The first value of a header, or null. */
export const headerOf = (headers: Headers, name: string): string | null => headers[name]?.[0] ?? null;

/** A mail's parts. */
export function parseMail(raw: string): Part {
  let left: number = DRIVER_LIMITS.mimePartsMax;
  const read = (text: string, depth: number): Part => {
    left--;
    const { headers, rest } = splitHeaders(text);
    const { type, parameters } = typeOf(headerOf(headers, "content-type") ?? "text/plain");
    const leaf = (): Part => ({ headers, type, parameters, parts: [], body: decoded(rest, headerOf(headers, "content-transfer-encoding")) }); // prettier-ignore
    if (depth >= DRIVER_LIMITS.mimeDepthMax) return leaf();
    if (type === "message/rfc822" || type === "message/global" || type === "text/rfc822-headers" || type === "message/global-headers") {
      const inner = leaf();
      return left > 0 ? { ...inner, body: "", parts: [read(inner.body, depth + 1)] } : inner;
    }
    const boundary = parameters["boundary"];
    if (!type.startsWith("multipart/") || boundary === undefined) return leaf();
    const parts: Part[] = [];
    for (const piece of piecesOf(rest, boundary)) if (left > 0) parts.push(read(piece, depth + 1));
    return { headers, type, parameters, body: "", parts };
  }; // prettier-ignore
  return read(raw, 0);
}

/** All parts of a kind, the mail itself included, in the order they stand. */
export function partsOf(part: Part, type: RegExp): readonly Part[] {
  return [...(type.test(part.type) ? [part] : []), ...part.parts.flatMap((inner) => partsOf(inner, type))];
}

/** The header fields a text begins with, and what follows the empty line behind them. */
export function splitHeaders(text: string): { readonly headers: Headers; readonly rest: string } {
  const end = /\r?\n\r?\n/.exec(text);
  // A part may have no header of its own and begin with the empty line.
  const bare = /^\r?\n/.exec(text);
  const [head, rest] = bare ? ["", text.slice(bare[0].length)] : end ? [text.slice(0, end.index), text.slice(end.index + end[0].length)] : [text, ""];
  const headers: { [name: string]: string[] } = Object.create(null) as { [name: string]: string[] };
  for (const line of head.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    (headers[line.slice(0, colon).trim().toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
  }
  return { headers, rest };
} // prettier-ignore

function typeOf(header: string): { readonly type: string; readonly parameters: { readonly [name: string]: string } } {
  const [type = "", ...rest] = header.slice(0, TYPE_CHARS_MAX).split(";");
  const parameters: { [name: string]: string } = {};
  for (const [, name, quoted, bare] of rest.join(";").matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g))
    parameters[name!.toLowerCase()] ??= quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? "";
  return { type: type.trim().toLowerCase(), parameters };
} // prettier-ignore

/** What stands between the boundaries of a multipart body; what comes before and after is for nobody. */
function piecesOf(body: string, boundary: string): readonly string[] {
  const pieces: string[] = [];
  let piece: string[] | null = null;
  for (const line of body.split("\n")) {
    const bare = line.trimEnd();
    const closes = bare === `--${boundary}--`;
    if (!closes && bare !== `--${boundary}`) {
      piece?.push(line);
      continue;
    }
    if (piece) pieces.push(piece.join("\n"));
    piece = closes ? null : [];
    if (closes) break;
  }
  // A mail cut short still has what came before.
  if (piece) pieces.push(piece.join("\n"));
  return pieces;
}

function decoded(body: string, encoding: string | null): string {
  switch (encoding?.trim().toLowerCase() ?? "") {
    case "base64":
      try {
        return atob(body.replaceAll(/[^A-Za-z0-9+/]/g, ""));
      } catch {
        return body;
      }
    case "quoted-printable":
      return body
        .replaceAll(/=[ \t]*\r?\n/g, "")
        .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    default:
      return body;
  }
}
