/** Weeks and days on the clocks of a zone, and when a silence holds in them. Pure; moments in ms. */

import { addDays, dayOf, localOf, shownAt, type Day } from './zoned';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const DAY_MINUTES = 24 * 60;

/** When nobody is told: from start to end, or on weekdays between two times of day in a zone, within start and end. */
export interface Recurrence {
  start: number;
  /** Undefined: without end, which only one that recurs can be. */
  end: number | undefined;
  /** `mon,fri`; undefined where it does not recur. */
  weekdays: string | undefined;
  startOfDay: string | undefined;
  endOfDay: string | undefined;
  zone: string;
}

export interface Span {
  start: number;
  end: number;
}

/** A part of a span that lies on one day: how far from the day's midnight, by the clock on the wall. */
export interface Block extends Span {
  /** Minutes of the wall clock from the day's midnight, 0 to 1,440. */
  from: number;
  to: number;
}

/** The days of the week in which a moment lies, from Monday, as `2026-07-13`. */
export function weekOf(moment: number, zone: string): string[] {
  const today = dayOf(moment, zone);
  const monday = addDays(today, -weekdayOf(today));
  return Array.from({ length: 7 }, (_, n) => addDays(monday, n));
}

/** 0 for Monday. */
export function weekdayOf(day: string): number {
  return (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7;
}

/**
 * The moment at which the zone's clocks show a day and a time, given as `2026-07-15` and minutes from midnight, as
 * `shownAt` has it, and the alert service.
 */
export function momentAt(day: Day, minutes: number, zone: string, last = false): number {
  return shownAt(Date.parse(`${day}T00:00Z`) + minutes * 60_000, zone, last);
}

/** When it holds between two moments, in order; what touches or overlaps is not joined. */
export function spansBetween(it: Recurrence, begin: number, end: number): Span[] {
  const first = Math.max(begin, it.start);
  const last = Math.min(end, it.end ?? Infinity);
  if (first >= last) return [];
  if (it.weekdays === undefined) return [{ start: first, end: last }];
  const named = it.weekdays.split(',');
  const from = minutesOf(it.startOfDay ?? '00:00');
  const to = minutesOf(it.endOfDay ?? '00:00');
  const spans: Span[] = [];
  // One of the day before may last into the first day.
  for (let day = addDays(dayOf(first, it.zone), -1); ; day = addDays(day, 1)) {
    const start = momentAt(day, from, it.zone);
    if (start >= last) return spans;
    if (!named.includes(WEEKDAYS[weekdayOf(day)] ?? '')) continue;
    const until = momentAt(to > from ? day : addDays(day, 1), to, it.zone, true);
    if (until > first) spans.push({ start: Math.max(start, first), end: Math.min(until, last) });
  }
}

/** Cuts a span at a day's midnights; undefined where it is of other days. */
export function blockOn(day: string, span: Span, zone: string): Block | undefined {
  const [begin, end] = [momentAt(day, 0, zone), momentAt(addDays(day, 1), 0, zone)];
  if (span.end <= begin || span.start >= end) return undefined;
  const from = span.start <= begin ? 0 : wallMinutes(span.start, zone);
  const to = span.end >= end ? DAY_MINUTES : wallMinutes(span.end, zone);
  // In the hour that the clocks go back an end can show an earlier time than its start.
  return { ...span, from, to: Math.max(to, Math.min(from + 15, DAY_MINUTES)) };
}

/** Gives each block of a day a lane, so that those of one time stand side by side; `lanes` is how many there are. */
export function inLanes<B extends Block>(blocks: readonly B[]): { block: B; lane: number; lanes: number }[] {
  const ends: number[] = [];
  const placed = [...blocks]
    .sort((a, b) => a.from - b.from || b.to - a.to)
    .map((block) => {
      const free = ends.findIndex((end) => end <= block.from);
      const lane = free < 0 ? ends.length : free;
      ends[lane] = block.to;
      return { block, lane };
    });
  return placed.map((one) => ({ ...one, lanes: ends.length }));
}

/** `07:30` as minutes from midnight. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

function wallMinutes(moment: number, zone: string): number {
  return minutesOf(localOf(moment, zone).slice(11));
}
