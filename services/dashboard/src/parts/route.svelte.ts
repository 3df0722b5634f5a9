/** Where in the page one is: `#/history?loc=A-1` is the page `history` with a query. */
class Route {
  #hash = $state(location.hash);

  constructor() {
    addEventListener('hashchange', () => (this.#hash = location.hash));
  }

  /** The parts of the path, such as `['alerts', '12']`. */
  get path(): string[] {
    return (this.#hash.slice(2).split('?')[0] ?? '').split('/').filter(Boolean).map(decoded);
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#hash.split('?')[1] ?? '');
  }

  /** Goes there; `replace` leaves no step to go back to. */
  go(path: string, query: Record<string, string> = {}, { replace = false } = {}): void {
    const url = link(path, query);
    if (!replace) location.hash = url;
    else {
      history.replaceState(null, '', url);
      this.#hash = location.hash;
    }
  }
}

/** What somebody typed may be no encoding; then it is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}

/** The address of a place in the page: `link('history', {loc: 'A-1'})`. */
export function link(path: string, query: Record<string, string> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== '');
  const search = new URLSearchParams(given).toString();
  return `#/${path}${search ? `?${search}` : ''}`;
}

export const route = new Route();
