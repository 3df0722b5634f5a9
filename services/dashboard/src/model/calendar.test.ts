import { describe, expect, it } from 'vitest';

import {
  blockOn, inLanes, momentAt, spansBetween, weekOf, type Recurrence,
} from './calendar'; // prettier-ignore
import { dayOf, localOf, momentOf } from './zoned';

const SEOUL = 'Asia/Seoul';
const BERLIN = 'Europe/Berlin'; // the clocks go forward on 2026-03-29, back on 2026-10-25
const at = (text: string) => Date.parse(text);
const iso = (moment: number) => new Date(moment).toISOString().slice(0, 16);

function recurring(more: Partial<Recurrence> = {}): Recurrence {
  return {
    start: at('2026-01-01T00:00Z'), end: undefined, weekdays: 'mon', startOfDay: '22:00', endOfDay: '06:00', zone: SEOUL,
    ...more,
  }; // prettier-ignore
}

const spans = (it: Recurrence, begin: string, end: string) =>
  spansBetween(it, at(begin), at(end)).map((span) => [iso(span.start), iso(span.end)]);

describe('a week', () => {
  it('is from Monday to Sunday on the calendar of the zone', () => {
    // Sunday evening in London, Monday morning in Seoul.
    expect(weekOf(at('2026-07-12T16:00Z'), SEOUL)[0]).toBe('2026-07-13');
    expect(weekOf(at('2026-07-12T16:00Z'), 'Europe/London')).toEqual([
      '2026-07-06', '2026-07-07', '2026-07-08', '2026-07-09', '2026-07-10', '2026-07-11', '2026-07-12',
    ]); // prettier-ignore
  });
});

describe('a time on the wall', () => {
  it('is read and shown in the zone', () => {
    expect(momentOf('2026-07-15T14:03', SEOUL)).toBe(at('2026-07-15T05:03Z'));
    expect(localOf(at('2026-07-15T05:03Z'), SEOUL)).toBe('2026-07-15T14:03');
    expect(momentOf('', SEOUL)).toBeUndefined();
  });

  it('that comes twice is the first, or the last as the end of something', () => {
    expect(iso(momentAt('2026-10-25', 150, BERLIN))).toBe('2026-10-25T00:30');
    expect(iso(momentAt('2026-10-25', 150, BERLIN, true))).toBe('2026-10-25T01:30');
  });

  it('that is skipped is as long after midnight as it would have been', () => {
    expect(iso(momentAt('2026-03-29', 150, BERLIN))).toBe('2026-03-29T01:30');
    expect(dayOf(momentAt('2026-03-29', 0, BERLIN), BERLIN)).toBe('2026-03-29');
  });
});

describe('when a silence holds', () => {
  it('is from its start to its end where it does not recur', () => {
    const once = recurring({ weekdays: undefined, start: at('2026-07-13T01:00Z'), end: at('2026-07-14T01:00Z') });
    expect(spans(once, '2026-07-12T15:00Z', '2026-07-19T15:00Z')).toEqual([['2026-07-13T01:00', '2026-07-14T01:00']]);
    expect(spans(once, '2026-07-14T01:00Z', '2026-07-19T15:00Z')).toEqual([]);
  });

  it('lasts into the next day where its end is not after its start', () => {
    expect(spans(recurring(), '2026-07-12T15:00Z', '2026-07-19T15:00Z')).toEqual([
      ['2026-07-13T13:00', '2026-07-13T21:00'],
    ]);
  });

  it('of Sunday night begins a week, too', () => {
    expect(spans(recurring({ weekdays: 'sun' }), '2026-07-12T15:00Z', '2026-07-19T15:00Z')).toEqual([
      ['2026-07-12T15:00', '2026-07-12T21:00'],
      ['2026-07-19T13:00', '2026-07-19T15:00'],
    ]);
  });

  it('is a whole day from midnight to midnight', () => {
    const day = recurring({ weekdays: 'sat,sun', startOfDay: undefined, endOfDay: undefined });
    expect(spans(day, '2026-07-12T15:00Z', '2026-07-19T15:00Z')).toEqual([
      ['2026-07-17T15:00', '2026-07-18T15:00'],
      ['2026-07-18T15:00', '2026-07-19T15:00'],
    ]);
  });

  it('is within its start and end where it recurs', () => {
    const some = recurring({ weekdays: 'mon,tue', start: at('2026-07-13T14:00Z'), end: at('2026-07-14T14:00Z') });
    expect(spans(some, '2026-07-12T15:00Z', '2026-07-19T15:00Z')).toEqual([
      ['2026-07-13T14:00', '2026-07-13T21:00'],
      ['2026-07-14T13:00', '2026-07-14T14:00'],
    ]);
  });

  it('is an hour longer or shorter in the night in which the clocks change', () => {
    const nights = recurring({ weekdays: 'sat', zone: BERLIN });
    const hours = (begin: string, end: string) =>
      spansBetween(nights, at(begin), at(end)).map((span) => (span.end - span.start) / 3_600_000);
    expect(hours('2026-03-23T00:00Z', '2026-03-30T00:00Z')).toEqual([7]);
    expect(hours('2026-10-19T00:00Z', '2026-10-26T00:00Z')).toEqual([9]);
    expect(hours('2026-07-13T00:00Z', '2026-07-20T00:00Z')).toEqual([8]);
  });
});

describe('a day of the calendar', () => {
  it('shows its part of what crosses midnight', () => {
    const night = { start: momentAt('2026-07-13', 22 * 60, SEOUL), end: momentAt('2026-07-14', 6 * 60, SEOUL) };
    expect(blockOn('2026-07-13', night, SEOUL)).toMatchObject({ from: 1320, to: 1440 });
    expect(blockOn('2026-07-14', night, SEOUL)).toMatchObject({ from: 0, to: 360 });
    expect(blockOn('2026-07-15', night, SEOUL)).toBeUndefined();
    expect(blockOn('2026-07-12', night, SEOUL)).toBeUndefined();
  });

  it('shows a recurrence of another zone at the times of its own', () => {
    const [span] = spansBetween(recurring({ zone: BERLIN }), at('2026-07-13T00:00Z'), at('2026-07-20T00:00Z'));
    expect(span && blockOn('2026-07-14', span, SEOUL)).toMatchObject({ from: 5 * 60, to: 13 * 60 });
  });

  it('has room for what is so short that nobody would see it, also where the clocks go back', () => {
    const span = { start: momentAt('2026-10-25', 150, BERLIN), end: momentAt('2026-10-25', 120, BERLIN, true) };
    expect(blockOn('2026-10-25', span, BERLIN)).toMatchObject({ from: 150, to: 165 });
  });

  it('puts side by side what is at one time', () => {
    const block = (from: number, to: number) => ({ from, to, start: 0, end: 0 });
    const placed = inLanes([block(60, 120), block(0, 90), block(90, 200)]);
    expect(placed.map((one) => [one.block.from, one.lane, one.lanes])).toEqual([
      [0, 0, 2],
      [60, 1, 2],
      [90, 0, 2],
    ]);
  });
});
