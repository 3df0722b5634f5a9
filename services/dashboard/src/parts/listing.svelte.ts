import { failure, type Failure } from '$/api/errors';

/** A list of the server, page by page, and what has become of it since. */
export class Listing<T> {
  items: readonly T[] = $state.raw([]);
  failure: Failure | undefined = $state.raw();
  /** Whether the server has more than is shown. */
  more = $state(false);
  /** Whether it was asked at all. */
  known = $state(false);
  busy = $state(false);

  #token = '';

  constructor(
    private readonly id: (item: T) => number | string,
    private readonly page: (pageToken: string) => Promise<{ items: T[]; nextPageToken: string }>,
  ) {}

  /** Asks for the first page. */
  async load(): Promise<void> {
    await this.#ask('', []);
  }

  /** Asks for the page after those that are shown. */
  async next(): Promise<void> {
    await this.#ask(this.#token, this.items);
  }

  /** Takes the answer of a call that made or changed one. */
  put(item: T): void {
    const known = this.items.some((one) => this.id(one) === this.id(item));
    this.items = known ? this.items.map((one) => (this.id(one) === this.id(item) ? item : one)) : [...this.items, item];
  }

  drop(item: T): void {
    this.items = this.items.filter((one) => this.id(one) !== this.id(item));
  }

  async #ask(token: string, before: readonly T[]): Promise<void> {
    this.busy = true;
    try {
      const { items, nextPageToken } = await this.page(token);
      this.items = [...before, ...items];
      this.#token = nextPageToken;
      this.more = nextPageToken !== '';
      this.failure = undefined;
      this.known = true;
    } catch (error) {
      this.failure = failure(error);
    } finally {
      this.busy = false;
    }
  }
}
