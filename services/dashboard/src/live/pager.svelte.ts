import type { Alert } from '$gen/montrg/alert/v1/alert_service_pb';
import { now } from '$/api/clock';
import { matter } from '$/i18n/alerts';
import { levelName } from '$/i18n/common';
import { inLanguages } from '$/i18n/index.svelte';
import { whereabouts } from '$/i18n/places';
import { asLevel } from '$/model/levels';
import { news, shelfEnd, type HeardOf } from '$/model/paging';
import { link } from '$/parts/route.svelte';

import { alerts } from './alerts.svelte';
import { Beeper } from './beeper';

const SOUND = 'montrg.sound';
const NOTICES = 'montrg.notices';
const ON = 'on';
// Of a storm one notice tells, rather than a hundred.
const MOST_NOTICES = 3;
// A timer counts no further.
const MOST_MS = 2 ** 31 - 1;

const words = inLanguages({
  en: { many: (count: number) => `${count} alerts`, worst: 'The worst:' },
  ko: { many: (count: number) => `경보 ${count}건`, worst: '가장 심각:' },
});

/** Tells people of what is new, whichever page is open: by sound, by notices of the browser, and in words. */
class Pager {
  /** What came last, for a screen reader. */
  said = $state('');
  /** Whether the browser lets this tab sound. */
  audible = $state(false);
  /** What the person said about notices; `unsupported` where the browser has none, as over plain HTTP. */
  permission: NotificationPermission | 'unsupported' = $state(
    'Notification' in window && isSecureContext ? Notification.permission : 'unsupported',
  );

  #sound = $state(localStorage.getItem(SOUND) === ON);
  #notices = $state(localStorage.getItem(NOTICES) === ON);
  #beeper = new Beeper();
  #heard: HeardOf | undefined;
  #shelfEnds: ReturnType<typeof setTimeout> | undefined;
  #sounds = new Turn(SOUND);
  #notifies = new Turn(NOTICES);

  constructor() {
    alerts.onChange = (open) => this.#hear(open);
    // The switches are those of all tabs.
    addEventListener('storage', ({ key, newValue }) => {
      if (key === SOUND) this.#sound = newValue === ON;
      if (key !== NOTICES || this.permission === 'unsupported') return;
      this.permission = Notification.permission;
      this.#notices = newValue === ON;
      if (this.notices) this.#notifies.ask();
    });
    // The first click or key anywhere is what the browser waits for.
    for (const gesture of ['pointerdown', 'keydown']) {
      addEventListener(gesture, () => void (this.#sound && !this.audible && this.#wake()), { capture: true });
    }
    if (this.#sound) void this.#wake();
    if (this.notices) this.#notifies.ask();
  }

  get sound(): boolean {
    return this.#sound;
  }

  /** Switches the sound; switched on it is heard at once, so that one knows it. */
  set sound(on: boolean) {
    this.#sound = on;
    localStorage.setItem(SOUND, on ? ON : 'off');
    if (on) void this.#wake().then(() => this.#beeper.play('yellow'));
  }

  /** Whether notices are wanted and allowed. */
  get notices(): boolean {
    return this.#notices && this.permission === 'granted';
  }

  /** Switches the notices; the browser asks the person the first time. */
  async setNotices(on: boolean): Promise<void> {
    if (on && this.permission === 'default') this.permission = await Notification.requestPermission();
    this.#notices = on && this.permission === 'granted';
    localStorage.setItem(NOTICES, this.#notices ? ON : 'off');
    if (this.#notices) this.#notifies.ask();
  }

  async #wake(): Promise<void> {
    this.audible = await this.#beeper.wake();
    if (this.audible) this.#sounds.ask();
  }

  #hear(open: readonly Alert[]): void {
    const at = now();
    // The end of a shelf changes no alert, so nothing else says it.
    clearTimeout(this.#shelfEnds);
    const end = shelfEnd(open, at);
    if (end !== undefined) this.#shelfEnds = setTimeout(() => this.#hear(alerts.open), Math.min(end - at, MOST_MS));
    const { due, heard } = news(this.#heard ?? new Map(), open, at);
    const isFirst = !this.#heard;
    this.#heard = heard;
    const [worst] = due;
    // What lasted before the page was opened is on it.
    if (isFirst || !worst) return;
    this.said = textOf(worst);
    const level = asLevel(worst.alertLevel);
    if (this.#sound && this.#sounds.mine && level && level !== 'green') this.#beeper.play(level);
    if (this.notices && this.#notifies.mine) this.#notify(due, worst);
  }

  #notify(due: readonly Alert[], worst: Alert): void {
    if (due.length > MOST_NOTICES) {
      this.#show(words().many(due.length), `${words().worst} ${textOf(worst)}`, 'alerts');
      return;
    }
    for (const alert of due) {
      const body = alert.alertType === 'manual' ? alert.message : matter(alert);
      this.#show(textOf(alert), body ?? '', `alerts/${alert.alertId}`);
    }
  }

  #show(title: string, body: string, path: string): void {
    try {
      const notice = new Notification(title, { body, tag: `montrg/${path}`, icon: '/icon.svg' });
      notice.onclick = () => {
        window.focus();
        location.hash = link(path);
        notice.close();
      };
    } catch (error) {
      // Phones have the word, and refuse it to a page without a service worker.
      if (!(error instanceof TypeError)) throw error;
      this.permission = 'unsupported';
    }
  }
}

/** Whose turn it is: of several tabs one does it, and when that is closed another one. */
class Turn {
  mine = false;
  #asked = false;

  constructor(private readonly name: string) {}

  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    // Over plain HTTP there are no locks: then each tab does it.
    if (!('locks' in navigator)) this.mine = true;
    else
      void navigator.locks.request(this.name, () => {
        this.mine = true;
        return new Promise<never>(() => {});
      });
  }
}

function textOf(alert: Alert): string {
  return `${levelName(asLevel(alert.alertLevel))}: ${whereabouts(alert)}`;
}

export const pager = new Pager();
