/** How the tests of rendering render: a template of a few words, a made-up customer, and what came out. */
import type { Foot } from "../../src/messages/footer.ts";
import { mannerOf } from "../../src/messages/liquid-filters.ts";
import type { Content, TemplateDraft } from "../../src/messages/model.ts";
import type { TemplateData } from "../../src/messages/render-data.ts";
import {
  type Prepared,
  type RenderOptions,
  type Rendering,
  prepareTemplate,
} from "../../src/messages/render.ts";
import type { Json } from "../../src/values.ts";

const NOW = Date.UTC(2026, 6, 1, 22, 30);
export const LINKS = {
  unsubscribe: "https://t.example/u/1",
  preferences: "https://t.example/p/1",
  receipt: "https://t.example/r/1",
};
export const FOOT: Foot = {
  links: LINKS,
  workspace: { name: "Boots & Co", address: "1 High Street" },
  transactional: false,
};
export const bare: RenderOptions = {
  manner: mannerOf(NOW, "Europe/Berlin", "de-AT"),
  foot: null,
  track: null,
  openPixel: null,
};

export async function prepared(
  content: Partial<Content> & { channel: Content["channel"] },
  more: Partial<TemplateDraft> = {},
): Promise<Prepared> {
  const draft = {
    name: "t",
    description: "",
    onMissing: "refuse",
    trackLinks: true,
    trackOpens: false,
    ...more,
    content,
  } as TemplateDraft;
  const preparation = await prepareTemplate(draft);
  if (preparation.type === "wrong") throw new Error(JSON.stringify(preparation.problems));
  return preparation.template;
}
export const dataOf = (traits: Json, more: { [name: string]: Json } = {}): TemplateData => ({
  customer: { id: "c1", traits },
  links: { ...LINKS },
  ...more,
});
export const emailIn = (rendering: Rendering) => {
  if (rendering.type === "refused") throw new Error(rendering.detail);
  if (rendering.content.channel !== "email") throw new Error("no email");
  return { ...rendering.content, links: rendering.links };
};
export const refusalOf = (rendering: Rendering) =>
  rendering.type === "refused" ? rendering.reason : "rendered";
