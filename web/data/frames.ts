/**
 * Server-sent events (WHATWG HTML, 9.2) out of a text stream. Pure; read by `fetch` and not by EventSource, because that
 * can neither name the workspace nor say why it was turned away.
 */

/** One message of the stream. */
export type Frame = { readonly event: string; readonly data: string };

/** The whole frames in `text`, and what is left of the last, unfinished one. Comments and empty frames are left out. */
export function framesOf(text: string): { frames: Frame[]; rest: string } {
  const parts = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = parts.pop() ?? "";
  const frames = parts.flatMap((part) => {
    let event = "message";
    const data: string[] = [];
    for (const line of part.split("\n")) {
      const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (field === "event") event = value ?? "";
      else if (field === "data") data.push(value ?? "");
    }
    return data.length === 0 ? [] : [{ event, data: data.join("\n") }];
  });
  return { frames, rest };
}
