import { timestampMs } from '@bufbuild/protobuf/wkt';

import type { Alert } from '$gen/montrg/alert/v1/alert_service_pb';

import { asLevel, severity } from './levels';

/** How grave an alert was when it was looked at last, and at most while anybody could hear of it; -1 for never. */
interface Heard {
  last: number;
  most: number;
}

export type HeardOf = ReadonlyMap<number, Heard>;

const NEVER: Heard = { last: -1, most: -1 };

/** Whether nobody is to be disturbed by an alert: it is shelved, or a silence holds for it. */
export function isQuiet(alert: Alert, at: number): boolean {
  return alert.silenced || (alert.shelvedUntil !== undefined && timestampMs(alert.shelvedUntil) > at);
}

/**
 * Tells which of the open alerts people have to hear of: those that are new or rose since they were looked at last,
 * and those that were quiet until now. Of one that somebody takes care of only a level that it never had is news.
 * Looking at the same alerts twice, as after a break, is no news. Pure.
 */
export function news(heard: HeardOf, open: readonly Alert[], at: number): { due: Alert[]; heard: HeardOf } {
  const due: Alert[] = [];
  const next = new Map<number, Heard>();
  for (const alert of open) {
    const before = heard.get(alert.alertId) ?? NEVER;
    const rank = severity(asLevel(alert.alertLevel));
    if (isQuiet(alert, at)) {
      next.set(alert.alertId, { last: Math.min(before.last, rank), most: before.most });
      continue;
    }
    const known = alert.acknowledgedBy ? (before.most < 0 ? rank : before.most) : before.last;
    if (rank > known) due.push(alert);
    next.set(alert.alertId, { last: rank, most: Math.max(before.most, rank) });
  }
  return { due, heard: next };
}

/** When the first of the shelves that hold ends, in ms; undefined where none holds. Pure. */
export function shelfEnd(open: readonly Alert[], at: number): number | undefined {
  const ends = open.flatMap(({ shelvedUntil }) => (shelvedUntil ? [timestampMs(shelvedUntil)] : []));
  const first = Math.min(...ends.filter((end) => end > at));
  return first === Infinity ? undefined : first;
}

/** One tone: when it begins and how long it lasts, in seconds, and its pitch. */
export interface Tone {
  at: number;
  lasts: number;
  hz: number;
}

const PATTERNS = {
  yellow: { tones: 1, lasts: 0.18, pause: 0.1, pitches: [660] },
  orange: { tones: 2, lasts: 0.18, pause: 0.1, pitches: [740] },
  red: { tones: 3, lasts: 0.2, pause: 0.09, pitches: [880] },
  critical: { tones: 8, lasts: 0.14, pause: 0.05, pitches: [990, 740] },
};

/** The tones of a level: graver ones are more and higher, so that they are told apart without looking. Pure. */
export function tones(level: keyof typeof PATTERNS): Tone[] {
  const { tones: count, lasts, pause, pitches } = PATTERNS[level];
  return Array.from({ length: count }, (_, index) => ({
    at: index * (lasts + pause),
    lasts,
    hz: pitches[index % pitches.length] ?? 0,
  }));
}
