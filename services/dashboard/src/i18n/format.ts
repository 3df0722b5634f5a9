import { settings } from '$/api/settings';
import { dayOf } from '$/model/zoned';

import { i18n } from './index.svelte';

const kept = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

/** A number with exactly so many decimals. */
export function number(value: number, decimals = 0): string {
  return keep(`n${decimals}`, (language) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  ).format(value); // prettier-ignore
}

/** `33.5`, without its unit: the official table rounds to 0.1 °C. */
export function degrees(value: number): string {
  return number(value, 1);
}

/** `14:03`, on the site's clock. */
export function clock(ms: number): string {
  return zoned('clock', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
}

/** `14:03:27`, on the site's clock. */
export function clockWithSeconds(ms: number): string {
  return zoned('seconds', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms);
}

/** `Jul 15, 14:03`, on the site's clock. */
export function dateTime(ms: number): string {
  return zoned('date', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    ms,
  );
}

/** `14:03` of today, `Jul 15, 14:03` of another day. */
export function since(ms: number, now: number): string {
  return day(ms) === day(now) ? clock(ms) : dateTime(ms);
}

/** `2026-07-15`, the site's day. */
export function day(ms: number): string {
  return dayOf(ms, settings.time_zone);
}

/** `12 s`, `3 min`, `2 h 5 min`, `3 d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const words =
    i18n.language === 'ko' ? { s: '초', m: '분', h: '시간', d: '일' } : { s: ' s', m: ' min', h: ' h', d: ' d' };
  if (seconds < 90) return `${seconds}${words.s}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes}${words.m}`;
  const rest = minutes % 60 ? ` ${minutes % 60}${words.m}` : '';
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}${words.h}${rest}`;
  return `${Math.round(minutes / 60 / 24)}${words.d}`;
}

function zoned(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return keep(name, (language) => new Intl.DateTimeFormat(language, { timeZone: settings.time_zone, ...options }));
}

function keep<T extends Intl.DateTimeFormat | Intl.NumberFormat>(name: string, make: (language: string) => T): T {
  const key = `${i18n.language}/${name}`;
  let format = kept.get(key) as T | undefined;
  if (!format) kept.set(key, (format = make(i18n.language)));
  return format;
}
