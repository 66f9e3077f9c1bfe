/**
 * Every fault this program raises on purpose, in one table: its code, its HTTP status, and whether trying again can
 * help. Expected outcomes (a duplicate, a refused event, an identifier set aside) are values, not errors.
 */
export const ERRORS = {
  bad_request: { status: 400, retry: false, title: "The request cannot be read" },
  unauthenticated: { status: 401, retry: false, title: "No valid key or session" },
  forbidden: { status: 403, retry: false, title: "Not allowed with this key or session" },
  not_found: { status: 404, retry: false, title: "Nothing here by that name" },
  conflict: { status: 409, retry: true, title: "The request collides with another" },
  unsupported_media_type: {
    status: 415,
    retry: false,
    title: "A body of that content type is not read here",
  },
  too_large: { status: 413, retry: false, title: "Larger than the limit" },
  unprocessable: { status: 422, retry: false, title: "Understood, but it cannot be done" },
  too_many: { status: 429, retry: true, title: "Too many requests for now" },
  internal: { status: 500, retry: true, title: "A fault on our side" },
  store_unavailable: { status: 503, retry: true, title: "A store cannot be reached for now" },
  configuration: { status: 500, retry: false, title: "The configuration cannot work" },
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** One place of a request's body that is wrong: a JSON Pointer as a fragment, e.g. #/rule/rules/0/is. */
export type WrongPlace = { readonly pointer: string; readonly detail: string };

/**
 * A fault with a code of the table. `retryAfterSeconds`, where given, reaches the caller as `Retry-After`, and `places`
 * as the problem's `errors`.
 */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;
  readonly places: readonly WrongPlace[] | undefined;
  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterSeconds?: number; places?: readonly WrongPlace[] },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.places = options?.places;
  }
  get status(): number {
    return ERRORS[this.code].status;
  }
}
