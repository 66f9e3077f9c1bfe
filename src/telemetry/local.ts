/** Whether a request comes straight from this machine or its private network. Pure. */

const PRIVATE = [
  /^(::ffff:)?127\./,
  /^::1$/,
  /^(::ffff:)?10\./,
  /^(::ffff:)?192\.168\./,
  /^(::ffff:)?172\.(1[6-9]|2\d|3[01])\./,
  /^f[cd][0-9a-f]{2}:/i,
] as const;
/** What proxies add: behind one, every visitor has the proxy's own address. */
const FORWARDED = ["x-forwarded-for", "forwarded", "x-real-ip", "via", "cf-connecting-ip"] as const;

/** True for loopback and private addresses (RFC 1918, RFC 4193) with no sign of a proxy in between. */
export const isLocal = (address: string, headers: { readonly [name: string]: unknown }): boolean =>
  PRIVATE.some((range) => range.test(address)) && FORWARDED.every((name) => headers[name] === undefined);
