/** Refusals of requests that another site's page made with our visitor's cookie (cross-site request forgery). */
import type { FastifyRequest } from "fastify";
import { Failure } from "../errors.ts";
import { isOurs } from "./origin.ts";
import { equalTexts } from "./secrets.ts";

/** Throws `Failure("forbidden")` unless the request comes from our own pages or from no browser at all. */
export function refuseForeign({ headers }: FastifyRequest, publicUrl: string | undefined): void {
  const { origin, host } = headers;
  const fetchSite = headers["sec-fetch-site"];
  if (!isOurs({ origin, host, fetchSite: typeof fetchSite === "string" ? fetchSite : undefined, publicUrl }))
    throw new Failure(
      "forbidden",
      "This request came from another site. Open the web app by the address it is served from (THROUGHLINE_URL).",
    );
}

/** Throws `Failure("forbidden")` unless the request carries the session's CSRF token. */
export function refuseWithoutToken({ headers }: FastifyRequest, session: { readonly csrf: string }): void {
  const sent = headers["x-csrf-token"];
  if (typeof sent !== "string" || !equalTexts(sent, session.csrf))
    throw new Failure("forbidden", "X-CSRF-Token is missing or old. Load the page again.");
}
