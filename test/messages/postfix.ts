/** A Postfix of a test's own: its folders are temporary, it listens on loopback, and it sends nothing to anywhere. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";

const PROGRAM = "/usr/sbin/postfix";

/** Postfix's program, or null where it is not installed or may not be started (loud; a failure with CI=true). */
export function debianPostfix(): string | null {
  if (existsSync(PROGRAM) && process.getuid?.() === 0) return PROGRAM;
  if (process.env["CI"] === "true") throw new Error("CI=true and no Postfix that root may start: apt-get install postfix."); // prettier-ignore
  process.stderr.write("\nSKIPPED: mail against Postfix, because it is not installed or this is not root.\n\n"); // prettier-ignore
  return null;
}

export type Postfix = {
  readonly port: number;
  /** The mail in a box that holds this text, as it was delivered; waits for it. */
  delivered(box: string, text: string): Promise<string>;
  stop(): Promise<void>;
};

const idOf = (what: "-u" | "-g", user: string): number => Number(execFileSync("id", [what, user]).toString());

/**
 * Starts it. Of `local.example` it knows ann, bob and late (whose mail it takes and cannot deliver then); mail to
 * `bounces.shop.example` is in the box `bounces`, or handed over to the server on loopback whose port is given.
 */
export async function aPostfix(bouncesTo: number | null = null): Promise<Postfix> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-postfix-"));
  await chmod(folder, 0o755);
  const [uid, gid] = [idOf("-u", "postfix"), idOf("-g", "postfix")];
  for (const name of ["queue", "data", "mail", "etc"]) await mkdir(join(folder, name));
  await chown(join(folder, "data"), uid, gid);
  await chown(join(folder, "mail"), uid, gid);
  const port = await aFreePort();
  await writeFile(join(folder, "etc/main.cf"), mainOf(folder, uid, gid, bouncesTo));
  await writeFile(join(folder, "etc/master.cf"), masterOf(port));
  const child: ChildProcess = spawn(PROGRAM, ["-c", join(folder, "etc"), "start-fg"], { stdio: "ignore", detached: true }); // prettier-ignore
  await vi.waitFor(async () => greets(port), { timeout: 20_000, interval: 50 });
  return {
    port,
    delivered: (box, text) =>
      vi.waitFor(
        async () => {
          const place = join(folder, "mail", box, "new");
          for (const name of await readdir(place)) {
            const raw = await readFile(join(place, name), "latin1");
            if (raw.includes(text)) return raw.replaceAll(/\r?\n/g, "\r\n");
          }
          throw new Error(`No mail with ${text} in the box of ${box}.`);
        },
        { timeout: 20_000, interval: 50 },
      ),
    stop: async () => {
      const gone = once(child, "exit");
      execFileSync(PROGRAM, ["-c", join(folder, "etc"), "abort"], { stdio: "ignore" });
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const mainOf = (folder: string, uid: number, gid: number, bouncesTo: number | null): string => `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/queue/log
maillog_file_prefixes = ${folder}
myhostname = mx.local.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
default_transport = error:5.4.4 nothing leaves this test
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
message_size_limit = 300000
virtual_mailbox_limit = 0
virtual_mailbox_domains = local.example${bouncesTo === null ? ", bounces.shop.example" : ""}
relay_domains = ${bouncesTo === null ? "" : "bounces.shop.example"}
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = inline:{ {ann@local.example=ann/} {bob@local.example=bob/} {late@local.example=late/} {@bounces.shop.example=bounces/} }
virtual_minimum_uid = 1
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
transport_maps = inline:{ {late@local.example = gone:} ${bouncesTo === null ? "" : `{bounces.shop.example = smtp:[127.0.0.1]:${bouncesTo}} `}}
`; // prettier-ignore

const masterOf = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
gone unix - n n - - pipe user=nobody argv=/bin/sh -c { exit 67 }
postlog unix-dgram n - n - 1 postlogd
`;

async function aFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function greets(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    const [line] = (await once(socket, "data")) as [Buffer];
    if (!line.toString().startsWith("220")) throw new Error(line.toString());
  } finally {
    socket.destroy();
  }
}
