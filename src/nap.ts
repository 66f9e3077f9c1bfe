/** Sleep that a loop can be woken from: the worker's and the feed's, so that idle loops cost nothing. */

export class Nap {
  #wakeUp: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;

  /** Resolves after `ms`, or as soon as it is woken. Only one may sleep at a time. */
  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
      this.#set(ms);
    });
    clearTimeout(this.#timer);
    this.#wakeUp = null;
    this.#dueAt = Infinity;
  }

  /** Ends a sleep now; while nobody sleeps it does nothing. */
  wake(): void {
    this.#wakeUp?.();
  }

  /** Lets a sleep go on for at most `ms` more. */
  shorten(ms: number): void {
    if (this.#wakeUp === null || performance.now() + ms >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#set(ms);
  }

  #set(ms: number): void {
    this.#dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => this.#wakeUp?.(), ms);
  }
}
