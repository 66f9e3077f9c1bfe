/** The browser SDK's types: what a page may ask for, and what it is given. */

/** Any value that JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };
export type Properties = { readonly [name: string]: Json | undefined };
/** One answer for each category of the page's consent banner. */
export type ConsentAnswers = { readonly [category: string]: boolean };

export type Options = {
  readonly writeKey: string;
  /** Where the server is, as `https://journeys.example`; the script knows where it was loaded from. */
  readonly host?: string | undefined;
  /**
   * `required`: nothing is stored or sent before `consent` was called and the purpose granted. Answers: as if `consent`
   * was called with them. Absent: everything is collected until the purpose is denied.
   */
  readonly consent?: "required" | ConsentAnswers | undefined;
  /** The category whose answer opens and closes the collection; `analytics` when absent. */
  readonly purpose?: string | undefined;
  /** Page events as a single-page app moves on; true when absent. */
  readonly routing?: boolean | undefined;
  /** Names of query parameters that hold what was searched for on this site; none when absent. */
  readonly search?: readonly string[] | undefined;
  /** Hosts of the same business (with their port, where it is unusual) to which the visitor's id is handed over. */
  readonly handover?: readonly string[] | undefined;
  /** Proof of who is signed in, made by the business's own server. */
  readonly userToken?: string | undefined;
};

/** What a call may add to its event. */
export type EventOptions = {
  readonly messageId?: string;
  readonly timestamp?: string | Date;
  readonly context?: Properties;
};

/** How many events wait, and how many were given up: no room for them, too large, or refused by the server. */
export type Counts = {
  readonly waiting: number;
  readonly dropped: number;
  readonly tooLarge: number;
  readonly refused: number;
};

export type Outcome = "exposed" | "clicked" | "converted" | "dismissed";
export type Choice = { readonly id: string; readonly kind: string; readonly content: Properties };
/** What is to be shown at a place. `choice` null: the page's own default. */
export type Decision = {
  readonly place: string;
  readonly choice: Choice | null;
  /** The server's reason, or why it was not asked or did not answer: `consent`, `timeout`, `unreachable`, `refused`. */
  readonly reason: string;
  /** Tells the server what came of it. */
  readonly report: (
    outcome: Outcome,
    worth?: { readonly valueMinor: number; readonly currency: string },
  ) => void;
};
export type DecideOptions = {
  /** After so long the page's default is shown, and a later answer is not; 400 when absent. */
  readonly timeoutMs?: number;
};

export type InboxMessage = {
  readonly id: number;
  readonly place: string;
  readonly title: string;
  readonly body: string;
  readonly url: string | null;
  readonly createdAt: string;
  readonly seenAt: string | null;
};
export type Inbox = {
  /** What lies there, newest first. */
  readonly messages: () => readonly InboxMessage[];
  readonly unseen: () => number;
  /** Resolves to whether the server wrote it down. */
  readonly seen: (id: number) => Promise<boolean>;
  readonly dismiss: (id: number) => Promise<boolean>;
  readonly close: () => void;
};
export type InboxOptions = {
  readonly place?: string;
  /** Called when the messages are there, and whenever they change. */
  readonly onChange?: (inbox: Inbox) => void;
  /** Called once when the inbox cannot be read, with the status of the answer; 0: none came. */
  readonly onFault?: (status: number) => void;
};
