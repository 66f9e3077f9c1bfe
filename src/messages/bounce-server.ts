/**
 * Where bounces come by mail: a small SMTP server that takes mail for the envelope senders of our own mails and for nobody
 * else. It relays nothing, keeps nothing and answers no mail. Off unless a port is configured; the MX of the bounce domain
 * leads to it, or a mail server's transport.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { callbackify } from "node:util";
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from "smtp-server";
import { Failure } from "../errors.ts";
import type { Vault } from "../vault.ts";
import { type BounceDeps, takeMail } from "./bounces.ts";
import { idOfBounceAddress } from "./drivers/mail.ts";
import { DRIVER_LIMITS } from "./drivers/model.ts";
import { type ProviderRow, readMailProviders } from "./provider-store.ts";
import { configOf } from "./providers.ts";

export type BounceServerDeps = BounceDeps & {
  readonly vault: Vault;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly onFault: (cause: unknown) => void;
};
export type BounceServer = {
  readonly port: number;
  stop(): Promise<void>;
};

/** Bounds of the server. A bounce has one recipient; some servers bundle a few. */
export const BOUNCE_LIMITS = { clientsMax: 50, recipientsMax: 20, idleMs: 60_000, closeMs: 5_000 } as const;

/** Starts to listen. Throws `Failure("configuration")` where the port may not be opened. */
export async function startBounceServer(deps: BounceServerDeps): Promise<BounceServer> {
  const { host, port, onFault } = deps;
  const receiving = new Receiving(deps);
  const server = new SMTPServer({
    name: "throughline", banner: "bounces only", disabledCommands: ["AUTH", "STARTTLS"], authOptional: true, disableReverseLookup: true, logger: false,
    size: DRIVER_LIMITS.hookBytesMax, maxClients: BOUNCE_LIMITS.clientsMax, socketTimeout: BOUNCE_LIMITS.idleMs, closeTimeout: BOUNCE_LIMITS.closeMs,
    onRcptTo: callbackify(({ address }: SMTPServerAddress, session: SMTPServerSession) => receiving.mayCome(address, session)),
    onData: callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) => receiving.take(stream, session)),
  }); // prettier-ignore
  server.on("error", (cause: NodeJS.ErrnoException) => {
    // A client that hangs up in the middle is no trouble of ours.
    if (cause.code !== "ECONNRESET" && cause.code !== "EPIPE") onFault(cause);
  });
  server.listen(port, host);
  try {
    await once(server.server, "listening");
  } catch (cause) {
    const { code = "?" } = cause as NodeJS.ErrnoException;
    throw new Failure("configuration", `The port ${port} for bounces cannot be listened on (${code}). Choose another with THROUGHLINE_BOUNCE_PORT.`, { cause }); // prettier-ignore
  }
  return {
    port: (server.server.address() as AddressInfo).port,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
      }),
  };
}

/** An answer in SMTP: 5xx for good, 4xx so that it comes again. */
const answer = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode }); // prettier-ignore

class Receiving {
  readonly #deps: BounceServerDeps;

  constructor(deps: BounceServerDeps) {
    this.#deps = deps;
  }

  /** Whether mail to this address is taken: it is the envelope sender of mail of ours. */
  async mayCome(address: string, { envelope }: SMTPServerSession): Promise<void> {
    if (envelope.rcptTo.length >= BOUNCE_LIMITS.recipientsMax)
      throw answer(452, "Too many recipients at once");
    if ((await this.#providersOf(address)).length === 0)
      throw answer(550, "No mail is taken for this address");
  }

  /** Reads the mail and takes it for each address it came to. */
  async take(stream: SMTPServerDataStream, { envelope }: SMTPServerSession): Promise<void> {
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of stream as AsyncIterable<Buffer>) {
      bytes += part.length;
      // The rest is read and dropped: the client is answered when it has said all.
      if (bytes <= DRIVER_LIMITS.hookBytesMax) parts.push(part);
    }
    if (bytes > DRIVER_LIMITS.hookBytesMax) throw answer(552, "The mail is too large");
    const mail = Buffer.concat(parts);
    for (const { address } of envelope.rcptTo)
      for (const provider of await this.#providersOf(address))
        await this.#orLater(() => takeMail(this.#deps, provider, mail, address));
  }

  /** The providers whose mail has this envelope sender: signed for it, or the one they all have. */
  async #providersOf(address: string): Promise<readonly ProviderRow[]> {
    const { sql, vault } = this.#deps;
    const found = await this.#orLater(() => readMailProviders(sql, vault, address));
    return found.filter((provider) => {
      const config = configOf(provider, "smtp");
      if (config?.bounces && idOfBounceAddress(address, config.bounces) !== null) return true;
      return config?.envelopeFrom?.toLowerCase() === address.toLowerCase();
    });
  }

  /** What cannot be written down now comes again. */
  async #orLater<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      this.#deps.onFault(cause);
      throw answer(451, "Try again later");
    }
  }
}
