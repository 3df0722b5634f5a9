import { Code, ConnectError } from '@connectrpc/connect';

import { now } from '$/api/clock';

import { linkState, SILENCE_MS, waitBefore, type LinkState } from './link';

/** What every message of a stream has. */
interface Message {
  resumeToken: string;
  degraded: string[];
}

type Open<M> = (resumeToken: string, signal: AbortSignal) => AsyncIterable<M>;

const TICK_MS = 500;

/** Follows a stream for as long as the page lives: it goes on where it broke off, and never looks live when it is not. */
export class Follower<M extends Message> {
  /** The state that a person sees. */
  state: LinkState = $state('connecting');
  /** When the last message came, in ms of the mesh's clock; 0 before the first. */
  lastMessage = $state(0);
  /** What the last message could not rely on. */
  degraded: string[] = $state.raw([]);
  /** Why the last try failed, in the server's words; empty while it is live. */
  problem = $state('');

  /** When the connection broke, in ms; 0 while it holds. */
  #brokenAt = 0;
  /** When anything came last of a try, or it began. No clock that is set changes these. */
  #heardAt = 0;
  #firstTry = 0;
  #token = '';
  #abort: AbortController | undefined;
  #wake: (() => void) | undefined;
  #running = false;
  #ticking: ReturnType<typeof setInterval> | undefined;
  // Whoever is stopped and started at once must not follow twice.
  #run = 0;

  constructor(
    private readonly open: Open<M>,
    private readonly take: (message: M) => void,
  ) {}

  /** Begins to follow; a second call changes nothing. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#firstTry = performance.now();
    this.#brokenAt = 0;
    void this.#follow(++this.#run);
    this.#ticking = setInterval(() => this.#look(), TICK_MS);
  }

  /** Ends it; `start` goes on where it was. */
  stop(): void {
    this.#running = false;
    clearInterval(this.#ticking);
    this.#abort?.abort();
    this.#wake?.();
  }

  /** Tries at once, as where somebody has just signed in. */
  retry(): void {
    this.#abort?.abort();
    this.#wake?.();
  }

  async #follow(run: number): Promise<void> {
    let tries = 0;
    const goesOn = () => this.#running && this.#run === run;
    while (goesOn()) {
      const abort = (this.#abort = new AbortController());
      this.#heardAt = performance.now();
      try {
        for await (const message of this.open(this.#token, abort.signal)) {
          this.#brokenAt = 0;
          tries = 0;
          this.#token = message.resumeToken || this.#token;
          this.#heardAt = performance.now();
          this.lastMessage = now();
          this.degraded = message.degraded;
          this.problem = '';
          this.take(message);
          this.#look();
        }
      } catch (error) {
        // What the page itself does wrong must not look like a broken connection.
        if (!(error instanceof ConnectError)) throw error;
        this.problem = error.code === Code.Canceled ? '' : error.rawMessage;
      }
      if (!goesOn()) return;
      this.#brokenAt ||= performance.now();
      this.#look();
      if (goesOn()) await this.#wait(waitBefore(tries++, Math.random()));
    }
  }

  #look(): void {
    const at = performance.now();
    this.state = linkState(this.lastMessage ? this.#heardAt : 0, this.#brokenAt, this.#firstTry, at);
    // A connection that has gone without a word, or never came about: another one is tried.
    if (at - this.#heardAt > SILENCE_MS) {
      this.#heardAt = at;
      this.#brokenAt ||= at;
      this.#abort?.abort();
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
