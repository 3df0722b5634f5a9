import { addDays, aheadOf, DAY_MS, dayOf, type Day } from './zoned';

/** Both days are within it. */
export interface Range {
  from: Day;
  to: Day;
}

export type StepName = 'hour' | 'day' | 'month';
export const STEPS: readonly StepName[] = ['hour', 'day', 'month'];

/** Hours of the day that count, both within it; 22 to 6 is a night. */
export interface Hours {
  first: number;
  last: number;
}

export const PRESETS = ['today', 'yesterday', 'week', 'days30', 'month', 'year', 'months12'] as const;
export type Preset = (typeof PRESETS)[number];

/** One answer has 20,000 steps at most. */
export const MOST_DAYS_BY_HOUR = 800;

/** The days of a preset, as of a day. The last twelve months begin with a month, so that each is whole. */
export function preset(name: Preset, today: Day): Range {
  const since = (from: Day) => ({ from, to: today });
  if (name === 'today') return since(today);
  if (name === 'yesterday') return { from: addDays(today, -1), to: addDays(today, -1) };
  if (name === 'week') return since(addDays(today, -6));
  if (name === 'days30') return since(addDays(today, -29));
  if (name === 'month') return since(firstOfMonth(today));
  if (name === 'year') return since(`${today.slice(0, 4)}-01-01`);
  return since(addMonths(firstOfMonth(today), -11));
}

/** Whether a text is a day that the calendar has. */
export function isDay(text: string): boolean {
  return /^[12]\d{3}-\d\d-\d\d$/.test(text) && addDays(text, 0) === text;
}

/** The number of days, both ends among them. */
export function daysIn({ from, to }: Range): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

/** The steps in which a range is read well. */
export function stepFor(range: Range): StepName {
  const days = daysIn(range);
  if (days <= 10) return 'hour';
  return days <= 400 ? 'day' : 'month';
}

/** Whether a range can be had in such steps at once; hours of the day are picked from hours. */
export function isPossible(step: StepName, range: Range, hours?: Hours): boolean {
  return (step !== 'hour' && !hours) || daysIn(range) <= MOST_DAYS_BY_HOUR;
}

/** The first moment of a day, in ms, also where the clock leaves out midnight or has it twice. */
export function startOf(day: Day, zone: string): number {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const moments = [-DAY_MS, DAY_MS].map((away) => midnight - aheadOf(midnight + away, zone)).sort((a, b) => a - b);
  return moments.find((ms) => dayOf(ms, zone) === day) ?? midnight;
}

/** From when (inclusive) to when (exclusive) a range goes, in ms; a night ends on the next day. */
export function momentsOf({ from, to }: Range, hours: Hours | undefined, zone: string): { start: number; end: number } {
  const isNight = hours && hours.first > hours.last;
  return { start: startOf(from, zone), end: startOf(addDays(to, isNight ? 2 : 1), zone) };
}

/**
 * Says to which step an hour belongs that begins at a moment: when that step begins in ms, or undefined where the hour
 * does not count. As in the exports, each hour of a night stays with its own date, the night that begins on the last
 * day is whole, and the early hours of the first day belong to the night before.
 */
export function bucketing(
  range: Range,
  hours: Hours | undefined,
  step: StepName,
  zone: string,
): (ms: number) => number | undefined {
  if (!hours) return (ms) => ms;
  const starts = new Map<Day, number>();
  const startOfKept = (day: Day) => {
    if (!starts.has(day)) starts.set(day, startOf(day, zone));
    return starts.get(day);
  };
  return (ms) => {
    const local = new Date(ms + aheadOf(ms, zone));
    const hour = local.getUTCHours();
    const day = local.toISOString().slice(0, 10);
    const isNight = hours.first > hours.last;
    const counts = isNight
      ? (hour >= hours.first && day <= range.to) || (hour <= hours.last && day > range.from)
      : hour >= hours.first && hour <= hours.last;
    if (!counts) return undefined;
    return step === 'hour' ? ms : startOfKept(step === 'day' ? day : firstOfMonth(day));
  };
}

/**
 * The dates by which an export is asked for, and what a row of it is. By month and day it has whole years and months
 * alone, and days of less than four months; all else goes by hour.
 */
export function exportDates(range: Range, step: StepName, today: Day): { start: string; end: string; row: StepName } {
  const { from } = range;
  const isStart = from === firstOfMonth(from);
  // What is to come has no readings: it does no harm to ask for it.
  const isToday = range.to >= today;
  const to = isToday ? addDays(addMonths(firstOfMonth(range.to), 1), -1) : range.to;
  const isWhole = isStart && addDays(to, 1) === firstOfMonth(addDays(to, 1));
  const months = 12 * (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) + Number(to.slice(5, 7)) - Number(from.slice(5, 7)) + 1; // prettier-ignore
  if (step === 'month' && isStart && from.endsWith('-01-01') && (isToday || to.endsWith('-12-31'))) {
    return { start: from.slice(0, 4), end: to.slice(0, 4), row: 'month' };
  }
  if (isWhole && ((step === 'month' && months >= 4) || (step === 'day' && months < 4))) {
    return { start: compact(from).slice(0, 6), end: compact(to).slice(0, 6), row: step };
  }
  return { start: compact(from), end: compact(range.to), row: 'hour' };
}

function compact(day: Day): string {
  return day.replaceAll('-', '');
}

function firstOfMonth(day: Day): Day {
  return `${day.slice(0, 7)}-01`;
}

function addMonths(first: Day, count: number): Day {
  const date = new Date(`${first}T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + count);
  return date.toISOString().slice(0, 10);
}
