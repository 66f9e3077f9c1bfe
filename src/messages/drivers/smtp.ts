/**
 * Mail over SMTP: a pool of connections, DKIM over both list headers, and one question answered exactly: was the whole
 * message handed to the server or not? Before that a lost connection means "not sent", after it "nobody knows".
 */
import { Readable } from "node:stream";
import { createTransport } from "nodemailer";
import type { Delivery, Driver, Outgoing } from "../model.ts";
import { bounceAddressOf, domainOf, headersOf, mailIdOf, SIGNED_HEADERS } from "./mail.ts";
import { type ConfigOf, DRIVER_LIMITS } from "./model.ts";
import { deliveryOfSmtp } from "./smtp-answer.ts";

type Config = ConfigOf<"smtp">;
/** How far a mail's own bytes came. */
type Progress = { begun: boolean; handedOver: boolean };

/** A pooled connection that the server closed meanwhile costs one attempt; nothing of the mail had left. */
const STALE_ATTEMPTS = 3;
/** Pieces of a mail are gathered to so many bytes before they are written. */
const WRITE_BYTES = 32_768;

/** Opens the driver; connections are made when they are needed. */
export function smtpDriver(config: Config): Driver {
  const domain = domainOf(config.from);
  const progressOf = new WeakMap<object, Progress>();
  const pool = createTransport({
    ...poolOf(config),
    ...(config.dkim?.privateKey && {
      dkim: {
        domainName: config.dkim.domain, keySelector: config.dkim.selector, privateKey: config.dkim.privateKey, headerFieldNames: SIGNED_HEADERS,
      },
    }),
  }); // prettier-ignore
  // The pool reads a mail only after the server said 354: the first byte read and the last one are what is known of its way.
  pool.use("stream", ({ data, message }, done) => {
    const progress = progressOf.get(data.headers as object);
    const read = message.createReadStream.bind(message);
    if (progress) message.createReadStream = (options) => watched(() => read(options), progress);
    done();
  });

  const attempt = async (outgoing: Outgoing, signal: AbortSignal): Promise<{ delivery: Delivery; begun: boolean }> => {
    const mail = mailOf(outgoing, config, domain);
    const progress: Progress = { begun: false, handedOver: false };
    progressOf.set(mail.headers, progress);
    try {
      const { response } = await pool.sendMail({ ...mail, signal });
      return { delivery: { type: "sent", providerId: providerIdOf(response, mail.messageId) }, begun: true };
    } catch (cause) {
      const { code, responseCode, response, command, message } = cause as Partial<SmtpError>;
      const end = { code, responseCode: responseCode || undefined, response: response || undefined, command, message: message ?? "The mail was not taken.", handedOver: progress.handedOver };
      return { delivery: deliveryOfSmtp(end), begun: progress.begun || code !== "ECONNECTION" };
    }
  }; // prettier-ignore

  const sendOne = async (outgoing: Outgoing): Promise<Delivery> => {
    const signal = AbortSignal.timeout(config.timeoutMs);
    for (let n = 1; ; n++) {
      const { delivery, begun } = await attempt(outgoing, signal);
      if (begun || n === STALE_ATTEMPTS || delivery.type !== "retry") return delivery;
    }
  };
  const underWay = new Set<Promise<Delivery>>();
  return {
    channel: "email",
    send: (outgoing) => {
      const sending = sendOne(outgoing).finally(() => underWay.delete(sending));
      underWay.add(sending);
      return sending;
    },
    // What it was given is finished, be it still in the pool's queue.
    close: async () => {
      await Promise.allSettled(underWay);
      pool.close();
    },
  };
}

type SmtpError = {
  readonly code: string;
  readonly responseCode: number;
  readonly response: string;
  readonly command: string;
  readonly message: string;
};

function poolOf(config: Config) {
  const { host, port, security, ca, user, password } = config;
  const waitMs = Math.min(config.timeoutMs, DRIVER_LIMITS.callMs);
  return {
    pool: true as const, host, port,
    secure: security === "tls", requireTLS: security === "starttls", ignoreTLS: security === "none",
    ...(ca !== undefined && { tls: { ca } }),
    ...(user !== undefined && { auth: { user, pass: password ?? "" } }),
    ...(config.helo !== undefined && { name: config.helo }),
    maxConnections: config.connections, maxMessages: DRIVER_LIMITS.mailsPerConnection,
    // A mail is never put back into the queue behind our back: what is not sure to be unsent is not sent again.
    maxRequeues: 0,
    connectionTimeout: Math.min(config.timeoutMs, DRIVER_LIMITS.connectMs), greetingTimeout: waitMs, socketTimeout: config.timeoutMs,
    disableFileAccess: true, disableUrlAccess: true,
  }; // prettier-ignore
}

function mailOf(outgoing: Outgoing, config: Config, domain: string) {
  const { content, id, to } = outgoing;
  if (content.channel !== "email") throw new Error(`A driver for mail was given ${content.channel}.`);
  const from = content.from ?? config.from;
  const sender = (config.bounces && bounceAddressOf(id, config.bounces)) ?? config.envelopeFrom ?? addressOf(from);
  const replyTo = content.replyTo ?? config.replyTo;
  return {
    from, to: { name: "", address: to }, subject: content.subject, html: content.html, text: content.text,
    ...(replyTo !== undefined && { replyTo }),
    envelope: { from: sender, to: [to] },
    messageId: mailIdOf(id, domain),
    headers: headersOf(outgoing, domain, config.feedbackId ?? domain, config.reports?.from),
  };
} // prettier-ignore

const addressOf = (from: string): string => /<([^<>]*)>\s*$/.exec(from)?.[1] ?? from;

/** The stream of a mail, opened when the first byte is asked for. It comes in many small pieces, and each would be a write of its own. */
function watched(open: () => Readable, progress: Progress): Readable {
  async function* read() {
    progress.begun = true;
    let held: Buffer[] = [];
    let heldBytes = 0;
    for await (const chunk of open() as AsyncIterable<Buffer>) {
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes < WRITE_BYTES) continue;
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
    if (held.length > 0) yield Buffer.concat(held);
    progress.handedOver = true;
  }
  return Readable.from(read(), { objectMode: false });
}

/** The id the server took the mail under, where it says one (Postfix, Amazon SES and others); else our Message-ID. */
function providerIdOf(response: string | undefined, messageId: string): string {
  const queued = /\b(?:queued as|id=|Ok:?) ?([A-Za-z0-9._-]{8,100})\s*$/i.exec(response ?? "")?.[1];
  return queued ?? messageId;
}
