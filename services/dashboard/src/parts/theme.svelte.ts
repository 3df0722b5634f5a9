const KEY = 'montrg.theme';
const preferred = matchMedia('(prefers-color-scheme: dark)');

/** Light or dark: what the system prefers, until somebody chooses. */
class Theme {
  #dark = $state(localStorage.getItem(KEY) ? localStorage.getItem(KEY) === 'dark' : preferred.matches);

  constructor() {
    this.#show();
    preferred.addEventListener('change', () => {
      if (localStorage.getItem(KEY)) return;
      this.#dark = preferred.matches;
      this.#show();
    });
  }

  get dark(): boolean {
    return this.#dark;
  }

  set dark(dark: boolean) {
    this.#dark = dark;
    localStorage.setItem(KEY, dark ? 'dark' : 'light');
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset['theme'] = this.#dark ? 'dark' : 'light';
  }
}

export const theme = new Theme();

/** A colour of the theme, for what draws by itself. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
