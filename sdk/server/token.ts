/** The proof of who is signed in, which a business's server gives to its own pages and apps. */

/**
 * A token for this name until `endAtMs` (Unix time; at most 30 days ahead). `secret` is told when the provider for in-app
 * messages is made. Pages pass it on as `userToken`.
 */
export async function userTokenOf(
  secret: string,
  kind: string,
  value: string,
  endAtMs: number,
): Promise<string> {
  const endSeconds = Math.floor(endAtMs / 1000);
  const text = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    text.encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign(
    "HMAC",
    key,
    text.encode(`throughline-inbox\n${kind}\n${value}\n${endSeconds}`),
  );
  const base64 = btoa(String.fromCharCode(...new Uint8Array(mac)));
  return `ut1.${endSeconds}.${base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}
