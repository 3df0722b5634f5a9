import { timestampFromMs, timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';

/** A moment as a date and time of the site's clock, as `<input type="datetime-local">` has it: `2026-07-15T14:03`. */
export function localOf(ms: number, zone: string): string {
  return new Date(ms + offset(ms, zone)).toISOString().slice(0, 16);
}

/**
 * The moment in ms at which the site's clock shows a date and time; undefined where the text is none. Of a time that a
 * clock has twice it is the first, and one that a clock leaves out is taken as if it had not been set forward yet.
 */
export function momentOf(local: string, zone: string): number | undefined {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const moments = [-1, 1].map((days) => asUtc - offset(asUtc + days * 86_400_000, zone));
  return [...moments].sort((a, b) => a - b).find((ms) => localOf(ms, zone) === local.slice(0, 16)) ?? moments[0];
}

/** What was typed, as a call takes it. What shows the same minute as before is as before, to the microsecond. */
export function typedMoment(local: string, before: Timestamp | undefined, zone: string): Timestamp | undefined {
  if (before && localOf(timestampMs(before), zone) === local) return before;
  const ms = momentOf(local, zone);
  return ms === undefined ? undefined : timestampFromMs(ms);
}

/** How far the zone's clock is ahead of UTC at a moment, in ms. */
function offset(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
    minute: 'numeric', second: 'numeric',
  }).formatToParts(ms); // prettier-ignore
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return shown - Math.floor(ms / 1000) * 1000;
}
