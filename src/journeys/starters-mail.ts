/**
 * The letters of the starting journeys: told once, as paragraphs, and made into MJML and plain text that say the same.
 * They are complete for a customer of whom nothing but an address is known: whatever is not known is left out. Pure.
 */
import { TemplateDraft } from "../messages/model.ts";

/** A template that a starting journey brings along, by the name its steps use. */
export type StarterTemplate = { readonly key: string; readonly draft: TemplateDraft };

/** A piece of a letter: a paragraph (Liquid, without HTML), a list of products, or a button. */
export type Block = string | { readonly products: "cart" | "viewed" } | { readonly button: string; readonly to: string }; // prettier-ignore
type Letter = {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly subject: string;
  readonly preheader: string;
  readonly title: string;
  readonly blocks: readonly Block[];
};

/** How a letter begins, with the name where it is known. */
export const GREETING =
  "Hello{% if customer.traits.firstName %} {{ customer.traits.firstName }}{% elsif customer.traits.first_name %} {{ customer.traits.first_name }}{% endif %},";
const PRODUCTS_SHOWN = 3;
const LISTS = { cart: "customer.cart.items", viewed: "customer.viewed" } as const;
const PRICE = "{% if item.price and item.currency %}, {{ item.price | money: item.currency }}{% endif %}";
const NAME = "{{ item.name | default: 'Your choice' }}";
const END = "{{ workspace.name }}";

/** An email of these words; `site`: where the business is on the web. */
export function letter(site: string, { key, name, description, subject, preheader, title, blocks }: Letter): StarterTemplate {
  const all: readonly Block[] = [GREETING, ...blocks, `Your team at ${END}`];
  const mjml = `<mjml>
  <mj-head>
    <mj-title>${title}</mj-title>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#1f2328" />
      <mj-button background-color="#1f4d3a" color="#ffffff" border-radius="6px" font-size="16px" inner-padding="14px 28px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f3f2ee">
    <mj-section background-color="#ffffff" padding="32px 16px">
      <mj-column>
        <mj-text font-size="24px" line-height="1.3" font-weight="700">${title}</mj-text>
${all.map((block) => `        ${mjmlOf(block, site)}`).join("\n")}
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;
  const text = `${title}\n\n${all.map((block) => textOf(block, site)).join("\n\n")}\n`;
  return { key, draft: TemplateDraft.parse({ name, description, content: { channel: "email", subject, preheader, mjml, text } }) };
} // prettier-ignore

function mjmlOf(block: Block, site: string): string {
  if (typeof block === "string") return `<mj-text>${block}</mj-text>`;
  if ("button" in block) return `<mj-button href="${block.to}">${block.button}</mj-button>`;
  const link = `<a href="{{ item.url | default: '${site}' }}" style="color:#1f4d3a">${NAME}</a>${PRICE}`;
  return `<mj-text>{% for item in ${LISTS[block.products]} limit: ${PRODUCTS_SHOWN} %}${link}<br />{% endfor %}</mj-text>`;
}

function textOf(block: Block, site: string): string {
  if (typeof block === "string") return block;
  if ("button" in block) return `${block.button}: ${block.to}`;
  return `{% for item in ${LISTS[block.products]} limit: ${PRODUCTS_SHOWN} %}- ${NAME}${PRICE}: {{ item.url | default: '${site}' }}\n{% endfor %}`;
}

/** A text message. */
export const shortMessage = (
  key: string,
  name: string,
  description: string,
  text: string,
): StarterTemplate => ({
  key,
  draft: TemplateDraft.parse({ name, description, content: { channel: "sms", text }, trackLinks: false }),
});
