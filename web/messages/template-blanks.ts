/** What a template begins with, by its channel: something that renders at once and shows how values are put in. Pure. */
import type { Content, TemplateDraft } from "../../src/messages/model.ts";
import type { MessageChannel } from "../../src/permission/model.ts";

const NAME = "{{ customer.traits.firstName | default: 'there' }}";
const MJML = `<mjml>
  <mj-body background-color="#f4f5f6">
    <mj-section background-color="#ffffff" padding="32px">
      <mj-column>
        <mj-text font-size="22px" font-weight="600">Hello ${NAME}</mj-text>
        <mj-text font-size="16px" line-height="1.5">Say here what helps them now.</mj-text>
        <mj-button background-color="#1f716b" href="https://shop.example/">Take a look</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>`;

const CONTENTS: { readonly [channel in MessageChannel]: Content } = {
  email: { channel: "email", subject: `${NAME}, something for you`, mjml: MJML },
  sms: { channel: "sms", text: `Hello ${NAME}, ` },
  whatsapp: { channel: "whatsapp", name: "hello_world", language: "en", values: [] },
  web_push: { channel: "web_push", title: "Something for you", body: `Hello ${NAME}, take a look.` },
  mobile_push: { channel: "mobile_push", title: "Something for you", body: `Hello ${NAME}, take a look.`, data: {} },
  in_app: { channel: "in_app", title: "Something for you", body: `Hello ${NAME}, take a look.`, place: "inbox" },
  webhook: { channel: "webhook", url: "https://example.com/hook", body: '{ "customer": "{{ customer.id }}" }' },
}; // prettier-ignore

/** A new template of a channel. */
export const blankTemplate = (channel: MessageChannel): TemplateDraft => ({
  name: "",
  description: "",
  content: CONTENTS[channel],
  onMissing: "refuse",
  trackLinks: channel !== "webhook",
  trackOpens: false,
});
