/**
 * A small HTTP/1.1 client on bare sockets: requests are bytes made before, answers are a status and a body. Node's own
 * client would cost the measuring process as much as the server spends, and take its core.
 */
import { type Socket, connect } from "node:net";

export type Answer = { readonly status: number; readonly body: string };

const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** One keep-alive connection: one request at a time. */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #settle: { readonly done: (answer: Answer) => void; readonly failed: (cause: Error) => void } | null = null;
  #broken: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", (cause) => this.#break(cause));
    socket.on("close", () => this.#break(new Error("The server closed the connection.")));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((done, failed) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", failed);
      socket.once("connect", () => done(new Connection(socket)));
    });
  }

  ask(request: Buffer): Promise<Answer> {
    if (this.#settle) throw new Error("A request is under way on this connection.");
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((done, failed) => {
      this.#settle = { done, failed };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    const all = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    this.#received = [all];
    const headEnd = all.indexOf(END_OF_HEAD);
    if (headEnd === -1) return;
    const head = all.toString("latin1", 0, headEnd);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) return this.#break(new Error(`An answer without a length: ${head}`));
    if (all.length < headEnd + 4 + length) return;
    this.#received = [];
    const settle = this.#settle;
    this.#settle = null;
    settle?.done({
      status: Number(head.slice(9, 12)),
      body: all.toString("utf8", headEnd + 4, headEnd + 4 + length),
    });
  }

  #break(cause: Error): void {
    this.#broken ??= cause;
    this.#settle?.failed(cause);
    this.#settle = null;
  }
}

/** Connections that are opened as needed and used again; when all are in use, who comes waits its turn. */
export class Connections {
  readonly #port: number;
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];
  readonly #waiting: ((connection: Connection) => void)[] = [];
  #opening = 0;
  constructor(port: number) {
    this.#port = port;
  }

  async ask(request: Buffer): Promise<Answer> {
    const connection = this.#free.pop() ?? (await this.#another());
    const answer = await connection.ask(request);
    const next = this.#waiting.shift();
    if (next) next(connection);
    else this.#free.push(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }

  async #another(): Promise<Connection> {
    if (this.#all.length + this.#opening >= CONNECTIONS_MAX)
      return new Promise((resolve) => this.#waiting.push(resolve));
    this.#opening++;
    const connection = await Connection.open(this.#port);
    this.#opening--;
    this.#all.push(connection);
    return connection;
  }
}
/** As many as a few hundred visitors at once; a server that keeps up needs far fewer. */
const CONNECTIONS_MAX = 256;

/** The bytes of a request that carries JSON under a write key. */
export function post(path: string, writeKey: string, body: string): Buffer {
  const bytes = Buffer.from(body);
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;
  return Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`,
    ),
    bytes,
  ]);
}

/** The bytes of a request that reads under a secret key. */
export const read = (path: string, secretKey: string): Buffer =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${secretKey}\r\n\r\n`);
