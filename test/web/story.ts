/** A small story for the screens: a visitor who becomes Ann, buys in two channels, and a sender's mistake. */
import type { Site } from "./site.ts";

const BOOTS = { product_id: "boots-42", name: "Trail boots", price: 129, currency: "EUR", quantity: 1 };

/** Sends it. The mistakes are two: an event that names nobody, and one without a name. */
export async function tellStory({ send }: Site): Promise<void> {
  await send("page", {
    anonymousId: "browser-1",
    properties: { path: "/boots", title: "Trail boots", url: "https://shop.example/boots" },
    context: { page: { url: "https://shop.example/boots", referrer: "https://chatgpt.com/" } },
  });
  await send("track", { anonymousId: "browser-1", event: "Product Added", properties: BOOTS });
  await send("identify", {
    userId: "ann",
    anonymousId: "browser-1",
    traits: { firstName: "Ann", lastName: "Becker", email: "ann@example.com" },
  });
  await send("track", {
    userId: "ann",
    event: "Email Opened",
    properties: { subject: "Your boots are waiting" },
    context: { channel: "email" },
  });
  await send("track", { userId: "ann", event: "Order Completed", properties: { order_id: "1001", total: 129, currency: "EUR", products: [BOOTS] }, context: { channel: "store" } }); // prettier-ignore
  await send("identify", { userId: "bo", traits: { name: "Bo Lindqvist", email: "bo@example.com" } });
  await send("track", { event: "Nobody Did This", properties: {} });
  await send("track", { userId: "ann", properties: { name: "No event name" } });
}
