// As many as a service gives at once.
const MOST = 1_000;

/** Reads a list to its end, by its pages: for what is few, such as limits, or what has to be known as a whole. */
export async function everything<P extends { nextPageToken: string }, T>(
  ask: (page: { limit: number; pageToken: string }) => Promise<P>,
  items: (page: P) => T[],
): Promise<T[]> {
  const all: T[] = [];
  for (let pageToken = ''; ;) {
    const page = await ask({ limit: MOST, pageToken });
    all.push(...items(page));
    pageToken = page.nextPageToken;
    if (!pageToken) return all;
  }
}
