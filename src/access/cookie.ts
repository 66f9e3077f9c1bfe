/** The session's cookie: how it is named and kept. Pure. */
import { ACCESS_LIMITS } from "./model.ts";

export type SessionCookie = {
  readonly name: string;
  readonly options: {
    readonly path: "/";
    readonly httpOnly: true;
    readonly sameSite: "lax";
    readonly secure: boolean;
    readonly maxAge: number;
  };
};

/**
 * The cookie of a server known as `publicUrl`. Under https it is Secure and carries the `__Host-` prefix, so that no
 * other host and no http page can set it (RFC 6265bis section 4.1.3.2); without an address in https that would lock
 * out everybody who comes by http.
 */
export function cookieOf(publicUrl: string | undefined): SessionCookie {
  const secure = publicUrl?.startsWith("https:") ?? false;
  return {
    name: secure ? "__Host-throughline" : "throughline",
    options: { path: "/", httpOnly: true, sameSite: "lax", secure, maxAge: ACCESS_LIMITS.sessionMs / 1000 },
  };
}
