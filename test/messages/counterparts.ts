/**
 * What drivers talk to in tests: real listening servers that speak each provider's protocol from its published
 * documentation, and that can be told how to answer next.
 */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer } from "smtp-server";
import type { Outgoing, Rendered } from "../../src/messages/model.ts";
import type { WorkspaceId } from "../../src/values.ts";

/** How a counterpart behaves towards the next message. */
export type Mood =
  | "takes"
  /** Not now; in two minutes, where the protocol can say so. */
  | "busy"
  | "bad_address"
  | "doubts_us"
  | "too_large"
  /** Reads everything and says nothing. */
  | "silent"
  /** Reads everything and hangs up. */
  | "hangs_up"
  /** Hangs up before anything of the message was read; where the protocol knows such a moment. */
  | "hangs_up_early";

export type Received = {
  readonly headers: { readonly [name: string]: string | undefined };
  readonly body: string;
  readonly path: string;
  readonly bytes: Buffer;
};
export type Counterpart = {
  mood: Mood;
  readonly url: string;
  readonly port: number;
  /** What arrived whole, taken or not. */
  readonly received: Received[];
  /** Connections that are open. */
  connections(): number;
  /** Ends every connection from its side. */
  hangUp(): void;
  close(): Promise<void>;
}; // prettier-ignore

/** A message for a test. */
export const outgoingOf = (content: Rendered, more: Partial<Outgoing> = {}): Outgoing => ({
  id: `m-${crypto.randomUUID()}`, workspace: 1 as WorkspaceId, customer: "c1", to: "ann@example.com", purpose: "marketing", content,
  unsubscribe: null, ...more,
}); // prettier-ignore

/** An RSA key in PEM, for service accounts and DKIM. */
export const aKey = () =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

type Reply = {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  readonly json?: unknown;
};
/** What a protocol answers in each mood, and to requests that are not about a message (a token). */
export type Protocol = {
  readonly [mood in "takes" | "busy" | "bad_address" | "doubts_us" | "too_large"]: (
    body: string,
    n: number,
  ) => Reply;
} & { readonly beside?: (path: string) => Reply | null };

/** An HTTP provider. */
export async function anHttpCounterpart(protocol: Protocol): Promise<Counterpart> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const counterpart = { mood: "takes" as Mood, received };
  const answer = (response: ServerResponse, { status, headers = {}, json }: Reply) =>
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(json === undefined ? "" : JSON.stringify(json));
  const server = createServer((request: IncomingMessage, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const bytes = Buffer.concat(pieces);
      const beside = protocol.beside?.(request.url!);
      if (beside) return void answer(response, beside);
      received.push({ headers: request.headers as Received["headers"], body: bytes.toString(), path: request.url!, bytes }); // prettier-ignore
      const { mood } = counterpart;
      if (mood === "silent") return;
      if (mood === "hangs_up" || mood === "hangs_up_early") return void request.socket.destroy();
      answer(response, protocol[mood](bytes.toString(), received.length));
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return Object.assign(counterpart, {
    port,
    url: `http://127.0.0.1:${port}`,
    connections: () => sockets.size,
    hangUp: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

/** A mail server (npm `smtp-server`). */
export async function aMailCounterpart(
  options: ConstructorParameters<typeof SMTPServer>[0] = {},
): Promise<Counterpart> {
  const received: Received[] = [];
  const counterpart = { mood: "takes" as Mood, received };
  const sockets = new Set<Socket>();
  const said = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS", "AUTH"], closeTimeout: 100, logger: false,
    onRcptTo: (_address, _session, done) => {
      if (counterpart.mood === "hangs_up_early") return [...sockets].forEach((socket) => socket.destroy());
      if (counterpart.mood === "bad_address") return done(said(550, "5.1.1 No such user here"));
      if (counterpart.mood === "busy") return done(said(451, "4.2.1 The mailbox is busy"));
      return done();
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const bytes = Buffer.concat(pieces);
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          headers: { from: mailFrom ? mailFrom.address : "", to: rcptTo[0]?.address }, body: bytes.toString(), path: "", bytes,
        });
        if (counterpart.mood === "silent") return;
        if (counterpart.mood === "hangs_up") return [...sockets].forEach((socket) => socket.destroy());
        if (counterpart.mood === "doubts_us") return done(said(550, "5.7.26 Unauthenticated mail from this domain is not accepted"));
        if (counterpart.mood === "too_large") return done(said(552, "5.3.4 Message too big for system"));
        done(null, `Ok: queued as ${`Q${String(received.length).padStart(9, "0")}`}`);
      });
    },
    ...options,
  }); // prettier-ignore
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  const { server: net } = server;
  net.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await once(net, "listening");
  const { port } = net.address() as AddressInfo;
  return Object.assign(counterpart, {
    port,
    url: `smtp://127.0.0.1:${port}`,
    connections: () => sockets.size,
    hangUp: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  });
}
