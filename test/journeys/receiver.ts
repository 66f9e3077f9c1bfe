/** A system of the business' own that journeys call: a real HTTP server that answers as it is told and keeps what it got. */
import { type IncomingHttpHeaders, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };
export type Answers = {
  readonly status: number;
  readonly body?: string;
  readonly headers?: { readonly [name: string]: string };
};
export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
};

/** Answers the `n`-th request (from 1) with what `answer` says, when it says it. */
export async function aReceiver(
  answer: (n: number, received: Received) => Answers | Promise<Answers>,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      const one = { headers: request.headers, body };
      const n = received.push(one);
      void Promise.resolve(answer(n, one)).then(({ status, body: text = "", headers }) =>
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(text),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
