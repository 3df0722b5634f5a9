/** Moments and what the clocks of a zone show then. Pure. */
import { timestampFromMs, timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';

export const DAY_MS = 86_400_000;

/** A day as `2026-07-15`. */
export type Day = string;

/** The day of a moment on the zone's calendar. */
export function dayOf(ms: number, zone: string): Day {
  return wall(ms, zone).slice(0, 10);
}

/** The day so many days later; an empty text where it is no day. */
export function addDays(day: Day, count: number): Day {
  const ms = Date.parse(`${day}T00:00Z`) + count * DAY_MS;
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().slice(0, 10);
}

/** A moment as a date and time of the zone's clocks, as `<input type="datetime-local">` has it: `2026-07-15T14:03`. */
export function localOf(ms: number, zone: string): string {
  return wall(ms, zone).slice(0, 16);
}

/** The moment in ms at which the zone's clocks show a date and time, as `shownAt`; undefined where the text is none. */
export function momentOf(local: string, zone: string): number | undefined {
  const wanted = Date.parse(`${local}Z`);
  return Number.isNaN(wanted) ? undefined : shownAt(wanted, zone);
}

/**
 * The moment at which the zone's clocks show what UTC's show at `wanted`, all in ms. Of one that they show twice it is
 * the first, or with `last` the last; one that they leave out is taken as if they had not been set forward yet.
 */
export function shownAt(wanted: number, zone: string, last = false): number {
  // Around a change of the clocks there are two offsets: that of before, and that of after.
  const [before, after] = [wanted - aheadOf(wanted - DAY_MS, zone), wanted - aheadOf(wanted + DAY_MS, zone)];
  const shown = [before, after].filter((ms) => ms + aheadOf(ms, zone) === wanted);
  if (!shown.length) return before;
  return last ? Math.max(...shown) : Math.min(...shown);
}

/** `2026-07-15T14:03:27` on the zone's clocks. */
export function wall(ms: number, zone: string): string {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(zone, format);
  }
  return format.format(ms).replace(' ', 'T');
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What was typed, as a call takes it. What shows the same minute as before is as before, to the microsecond. */
export function typedMoment(local: string, before: Timestamp | undefined, zone: string): Timestamp | undefined {
  if (before && localOf(timestampMs(before), zone) === local) return before;
  const ms = momentOf(local, zone);
  return ms === undefined ? undefined : timestampFromMs(ms);
}

/** How far the zone's clocks are ahead of UTC at a moment, in ms. */
export function aheadOf(ms: number, zone: string): number {
  return Date.parse(`${wall(ms, zone)}Z`) - Math.floor(ms / 1000) * 1000;
}
