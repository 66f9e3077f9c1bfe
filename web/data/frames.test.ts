import fc from "fast-check";
import { expect, test } from "vitest";
import { framesOf } from "./frames.ts";

const line = fc.string().filter((text) => !/[\r\n]/.test(text));

test("however a stream is cut, the same frames come out", () => {
  const frames = fc.array(fc.record({ event: fc.constantFrom("event", "refused"), data: line }), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(frames, fc.nat(), fc.boolean(), (sent, seed, crlf) => {
      const end = crlf ? "\r\n" : "\n";
      const text = sent.map(({ event, data }) => `event: ${event}${end}data: ${data}${end}${end}`).join("");
      const cut = text.length === 0 ? 0 : seed % text.length;
      const first = framesOf(text.slice(0, cut));
      const second = framesOf(first.rest + text.slice(cut));
      expect([...first.frames, ...second.frames]).toEqual(sent);
      expect(second.rest).toBe("");
    }),
  );
});

test("comments and fields nobody asked for are no frames", () => {
  expect(framesOf(": still here\n\nretry: 2000\n\ndata: 1\ndata: 2\n\nevent: ha")).toEqual({
    frames: [{ event: "message", data: "1\n2" }],
    rest: "event: ha",
  });
});
