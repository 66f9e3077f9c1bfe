/**
 * A rendered message as its channel shows it. Mail stands in a frame without scripts, forms or an origin; pictures from
 * other servers are not fetched, so that looking at a message tells nobody.
 */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Rendered } from "../../src/messages/model.ts";
import { CodeBlock } from "../ui/code.tsx";
import classes from "./messages.module.css";

const isRendered = (content: unknown): content is Rendered =>
  typeof content === "object" && content !== null && "channel" in content;

const WIDTHS = [
  { value: "wide", label: "Wide" },
  { value: "phone", label: "Phone" },
  { value: "text", label: "Text" },
];

function Mail({ mail }: { mail: Extract<Rendered, { channel: "email" }> }) {
  const [as, setAs] = useState("wide");
  return (
    <div className={classes["mail"]}>
      <div className={classes["envelope"]}>
        <span>
          <strong className="wrap">{mail.subject}</strong>
          {mail.from !== null && <span className={classes["small"]}>from {mail.from}</span>}
        </span>
        <SegmentedControl size="xs" aria-label="Show the mail" data={WIDTHS} value={as} onChange={setAs} />
      </div>
      {as === "text" ? (
        <CodeBlock code={mail.text} label="text part" heightMax={520} />
      ) : (
        <iframe
          title={`The mail ${mail.subject}`}
          sandbox=""
          srcDoc={mail.html}
          className={classes["sheet"]}
          data-as={as}
        />
      )}
    </div>
  );
}

function Notification({ title, body, url }: { title: string; body: string; url: string | null }) {
  return (
    <div className={classes["notification"]}>
      <strong>{title}</strong>
      <span className="wrap">{body}</span>
      {url !== null && <span className={classes["small"]}>opens {url}</span>}
    </div>
  );
}

/** The message; what is not one this app knows is shown as it is. */
export function MessageContent({ content }: { content: unknown }) {
  if (!isRendered(content))
    return <CodeBlock code={JSON.stringify(content, null, 2)} label="content" heightMax={400} />;
  switch (content.channel) {
    case "email":
      return <Mail mail={content} />;
    case "sms":
      return <p className={classes["bubble"]}>{content.text}</p>;
    case "whatsapp":
      return content.text === null ? (
        <p className={classes["bubble"]}>
          The approved template “{content.name}” ({content.language})
          {content.values.length > 0 && `, with ${content.values.join(", ")}`}
        </p>
      ) : (
        <p className={classes["bubble"]}>{content.text}</p>
      );
    case "web_push":
      return <Notification title={content.title} body={content.body} url={content.url} />;
    case "mobile_push":
      return <Notification title={content.title} body={content.body} url={null} />;
    case "in_app":
      return <Notification title={content.title} body={content.body} url={content.url} />;
    case "webhook":
      return (
        <>
          <p className={classes["small"]}>to {content.url}</p>
          <CodeBlock code={content.body} label="body" heightMax={400} />
        </>
      );
  }
}
