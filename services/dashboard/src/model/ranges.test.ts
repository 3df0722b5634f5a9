import { describe, expect, it } from 'vitest';

import {
  bucketing,
  daysIn,
  exportDates,
  isDay,
  isPossible,
  momentsOf,
  PRESETS,
  preset,
  startOf,
  stepFor,
} from './ranges';
import { dayOf } from './zoned';

const SEOUL = 'Asia/Seoul';
const BERLIN = 'Europe/Berlin';
const HOUR = 3_600_000;

describe('ranges', () => {
  it('ends each preset as of today, over months and years of any length', () => {
    expect(Object.fromEntries(PRESETS.map((name) => [name, Object.values(preset(name, '2028-03-01')).join('/')]))).toEqual({
      today: '2028-03-01/2028-03-01',
      yesterday: '2028-02-29/2028-02-29',
      week: '2028-02-24/2028-03-01',
      days30: '2028-02-01/2028-03-01',
      month: '2028-03-01/2028-03-01',
      year: '2028-01-01/2028-03-01',
      months12: '2027-04-01/2028-03-01',
    }); // prettier-ignore
  });

  it('chooses steps that can be read, and refuses hours of many years', () => {
    expect(stepFor({ from: '2026-07-01', to: '2026-07-10' })).toBe('hour');
    expect(stepFor({ from: '2026-07-01', to: '2026-07-11' })).toBe('day');
    expect(stepFor({ from: '2025-07-01', to: '2026-12-01' })).toBe('month');
    expect(isPossible('hour', { from: '2025-01-01', to: '2026-12-31' })).toBe(true);
    expect(isPossible('hour', { from: '2023-01-01', to: '2026-12-31' })).toBe(false);
    expect(isPossible('month', { from: '2023-01-01', to: '2026-12-31' }, { first: 22, last: 6 })).toBe(false);
    expect(isPossible('month', { from: '2003-01-01', to: '2026-12-31' })).toBe(true);
  });

  it('knows the days of the calendar', () => {
    expect(['2026-02-28', '2026-02-29', '2026-2-1', '', '0002-01-01', '2026-13-01'].map(isDay)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(daysIn({ from: '2026-03-28', to: '2026-03-30' })).toBe(3);
  });
});

describe("the site's zone", () => {
  it('begins a day on the clock of the site', () => {
    expect(startOf('2026-07-15', SEOUL)).toBe(Date.parse('2026-07-15T00:00:00+09:00'));
    expect(dayOf(Date.parse('2026-07-14T15:00:00Z'), SEOUL)).toBe('2026-07-15');
  });

  it('gives a day 23 or 25 hours where the clock is moved', () => {
    const length = (day: string) => {
      const { start, end } = momentsOf({ from: day, to: day }, undefined, BERLIN);
      return (end - start) / HOUR;
    };
    expect(['2026-03-28', '2026-03-29', '2026-10-25'].map(length)).toEqual([24, 23, 25]);
  });

  it('begins a day without a midnight with its first moment', () => {
    // Beirut goes from 00:00 to 01:00.
    expect(startOf('2026-03-29', 'Asia/Beirut')).toBe(Date.parse('2026-03-29T01:00:00+03:00'));
  });

  it('begins a day that has midnight twice with the first', () => {
    // Havana goes from 01:00 back to 00:00.
    expect(startOf('2026-11-01', 'America/Havana')).toBe(Date.parse('2026-11-01T00:00:00-04:00'));
  });
});

describe('hours of the day', () => {
  const range = { from: '2026-07-01', to: '2026-07-02' };
  const at = (local: string) => Date.parse(`${local}:00+09:00`);
  const night = { first: 22, last: 6 };

  it('counts whole nights: the last one ends on the next day, the early hours of the first day are of another', () => {
    expect(momentsOf(range, night, SEOUL).end).toBe(at('2026-07-04T00:00'));
    const bucket = bucketing(range, night, 'hour', SEOUL);
    const counted = [
      '2026-07-01T06:00', '2026-07-01T21:00', '2026-07-01T22:00', '2026-07-02T06:00', '2026-07-02T07:00',
      '2026-07-03T06:00', '2026-07-03T22:00',
    ].filter((local) => bucket(at(local)) !== undefined); // prettier-ignore
    expect(counted).toEqual(['2026-07-01T22:00', '2026-07-02T06:00', '2026-07-03T06:00']);
  });

  it('puts each hour to its own day and month', () => {
    expect(bucketing(range, night, 'day', SEOUL)(at('2026-07-03T06:00'))).toBe(at('2026-07-03T00:00'));
    const day = { first: 9, last: 17 };
    expect(bucketing(range, day, 'month', SEOUL)(at('2026-07-02T17:00'))).toBe(at('2026-07-01T00:00'));
    expect(bucketing(range, day, 'month', SEOUL)(at('2026-07-02T18:00'))).toBeUndefined();
  });
});

describe('the dates of an export', () => {
  const today = '2026-11-27';

  it('go by hour where the range is not of whole months', () => {
    expect(exportDates({ from: '2026-07-03', to: '2026-07-31' }, 'day', today)).toEqual({
      start: '20260703', end: '20260731', row: 'hour',
    }); // prettier-ignore
  });

  it('go by day for less than four whole months', () => {
    const july = { from: '2026-07-01', to: '2026-07-31' };
    expect(exportDates(july, 'day', today)).toEqual({ start: '202607', end: '202607', row: 'day' });
    expect(exportDates({ ...july, to: '2026-10-31' }, 'day', today).row).toBe('hour');
    expect(exportDates(july, 'hour', today)).toEqual({ start: '20260701', end: '20260731', row: 'hour' });
  });

  it('go by month for whole years, and for four months or more; a month that goes on is whole', () => {
    expect(exportDates({ from: '2025-12-01', to: today }, 'month', today)).toEqual({
      start: '202512', end: '202611', row: 'month',
    }); // prettier-ignore
    expect(exportDates({ from: '2025-01-01', to: today }, 'month', today)).toEqual({
      start: '2025', end: '2026', row: 'month',
    }); // prettier-ignore
    expect(exportDates({ from: '2025-01-01', to: '2026-06-15' }, 'month', today).row).toBe('hour');
  });
});
