import phrases from '$words';

export type Language = 'ko' | 'en';
const KEY = 'montrg.language';

class I18n {
  #language = $state<Language>(begin());

  get language(): Language {
    return this.#language;
  }

  set language(language: Language) {
    this.#language = language;
    localStorage.setItem(KEY, language);
    document.documentElement.lang = language;
  }

  /** What the mesh's own messages call levels, metrics and alerts, and what the law asks. */
  get phrases() {
    return phrases[this.#language];
  }
}

function begin(): Language {
  const kept = localStorage.getItem(KEY);
  const language = kept === 'ko' || kept === 'en' ? kept : navigator.language.startsWith('ko') ? 'ko' : 'en';
  document.documentElement.lang = language;
  return language;
}

export const i18n = new I18n();

/**
 * Gives the words of a page in the language that is chosen: `const words = inLanguages({en: {...}, ko: {...}})`, and
 * `words().title` in the markup. A text that one language has and the other has not fails the type check.
 */
export function inLanguages<T>(all: { en: T; ko: NoInfer<T> }): () => T {
  return () => all[i18n.language];
}
