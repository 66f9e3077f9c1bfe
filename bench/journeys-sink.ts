/** A mail server that takes everything and keeps nothing, in a process of its own: says its port, answers how many came. */
import { SMTPServer } from "smtp-server";
import type { AddressInfo } from "node:net";

let mails = 0;
const server = new SMTPServer({
  authOptional: true, disabledCommands: ["STARTTLS"], logger: false, maxClients: 200,
  onData: (stream, _, done) => {
    stream.resume().on("end", () => {
      mails++;
      done();
    });
  },
}); // prettier-ignore
process.on("message", () => process.send!(mails));
process.once("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => process.send!((server.server.address() as AddressInfo).port));
