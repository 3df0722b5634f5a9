import { describe, expect, it } from 'vitest';

import { bandsOf, check, common, judge, laterThanLaw, shifts, steps, type Band, type Mapped } from './ladder';
import type { Level } from './levels';

const INF = Infinity;
let id = 0;

function band(low: number, high: number, level: Level, more: Partial<Band> = {}): Band {
  id += 1;
  return { key: String(id), id, level, low, high, mappedOnly: false, source: '', ...more };
}

// The same ladders as the tests of services/heat/judging.py.
const LEGAL = [
  band(-INF, 31, 'green'), band(31, 33, 'yellow'), band(33, 35, 'orange'), band(35, 38, 'red'), band(38, INF, 'critical'),
]; // prettier-ignore
const CLOSED = [band(0, 31, 'green'), band(31, 33, 'yellow'), band(33, 35, 'orange')];
const GAP = [band(-INF, 31, 'green'), band(33, 35, 'orange'), band(35, INF, 'red')];
const OVERLAP = [band(-INF, 34, 'green'), band(33, 36, 'orange'), band(35, INF, 'red')];
const COLD = [band(-INF, 0, 'red'), band(0, 5, 'orange'), band(5, 10, 'yellow')];
const BOTH_SIDES = [band(0, 20, 'orange'), band(20, 70, 'green'), band(70, 90, 'orange')];

describe('the judge', () => {
  it.each<[Band[], number, Level | undefined]>([
    [LEGAL, 30.9, 'green'], [LEGAL, 31, 'yellow'], [LEGAL, 33, 'orange'], [LEGAL, 35, 'red'],
    [LEGAL, 37.9, 'red'], [LEGAL, 38, 'critical'], [LEGAL, 80, 'critical'],
    [CLOSED, 35, 'orange'], [CLOSED, 50, 'orange'], [CLOSED, -1, 'green'],
    [GAP, 32, 'orange'], [GAP, 31, 'orange'], [GAP, 30.9, 'green'],
    [OVERLAP, 33.5, 'orange'], [OVERLAP, 35.5, 'red'],
    [COLD, -30, 'red'], [COLD, 7, 'yellow'], [COLD, 20, 'green'],
    [BOTH_SIDES, -1, 'orange'], [BOTH_SIDES, 50, 'green'], [BOTH_SIDES, 95, 'orange'],
    [[band(33, 35, 'orange')], 36, 'orange'], [[band(33, 35, 'orange')], 20, 'green'],
    [[band(33, INF, 'orange')], 20, 'green'], [[band(-INF, 5, 'orange')], 20, 'green'],
    [[], 50, undefined],
  ])('gives a value the level of its band, or the safer neighbour’s (%#)', (bands, value, level) => {
    expect(judge(value, bands)).toBe(level);
  }); // prettier-ignore

  it('goes by the ids where two bands end at one value, in whatever order they come', () => {
    const ends = [band(1, 8, 'orange'), band(1, 5, 'critical'), band(4, 8, 'yellow')];
    expect(judge(0, common(ends))).toBe('green');
    expect(judge(0, common([...ends].reverse()))).toBe('green');
  });

  it('lets a sensor’s own bands replace the common ones while they are valid', () => {
    const own = band(30, INF, 'red', { mappedOnly: true });
    const mapped: Mapped[] = [{ sensorId: 'S-1', bandId: own.id, enabled: true, from: 100, to: 200 }];
    const levels = [['S-1', 99], ['S-1', 100], ['S-1', 200], ['S-2', 100]].map(([sensor, at]) =>
      judge(30.5, bandsOf(String(sensor), [...LEGAL, own], mapped, Number(at))),
    ); // prettier-ignore
    expect(levels).toEqual(['green', 'red', 'green', 'green']);
  });

  it('takes no mapping that is off', () => {
    const own = band(30, INF, 'red', { mappedOnly: true });
    const mapped: Mapped[] = [{ sensorId: 'S-1', bandId: own.id, enabled: false, from: -INF, to: INF }];
    expect(judge(30.5, bandsOf('S-1', [...LEGAL, own], mapped, 0))).toBe('green');
  });
});

describe('the check', () => {
  const seen = (bands: Band[]) => check(bands).map(({ kind, low, high }) => [kind, low, high]);

  it('finds nothing where each band ends where the next one begins', () => {
    expect(seen(LEGAL)).toEqual([]);
    expect(seen(BOTH_SIDES)).toEqual([]);
  });

  it('finds gaps and overlaps with the bands beside them', () => {
    expect(seen(GAP)).toEqual([['gap', 31, 33]]);
    expect(check(GAP)[0]?.bands).toEqual([GAP[0], GAP[1]]);
    expect(seen(OVERLAP)).toEqual([
      ['overlap', 33, 34],
      ['overlap', 35, 36],
    ]);
  });

  it('finds no gap below a band that reaches over the next one', () => {
    expect(seen([band(-INF, 40, 'green'), band(20, 30, 'green'), band(40, INF, 'red')])).toEqual([]);
  });

  it('does not mind two bands of one level, nor those of mapped sensors', () => {
    const own = band(0, 50, 'red', { mappedOnly: true });
    expect(seen([band(-INF, 31, 'green'), band(30, 33, 'green'), own])).toEqual([]);
  });

  it('finds an overlap that is open on both sides', () => {
    expect(seen([band(-INF, INF, 'green'), band(-INF, INF, 'red')])).toEqual([['overlap', -INF, INF]]);
  });
});

describe('what the bands come to', () => {
  it('gives a gap to the higher neighbour', () => {
    expect(steps(GAP)).toEqual([
      { low: -INF, high: 31, level: 'green' },
      { low: 31, high: 35, level: 'orange' },
      { low: 35, high: INF, level: 'red' },
    ]);
  });

  it('says where less is told than the law asks', () => {
    expect(laterThanLaw(LEGAL)).toEqual([]);
    const late = [band(-INF, 32, 'green'), band(32, 33, 'yellow'), band(33, INF, 'orange')];
    expect(laterThanLaw(late)).toEqual([{ from: 31, to: 32, level: 'green', asked: 'yellow' }]);
    expect(laterThanLaw([band(-INF, 31, 'green'), band(31, 35, 'yellow'), band(35, INF, 'red')])).toEqual([
      { from: 33, to: 35, level: 'yellow', asked: 'orange' },
    ]);
  });

  it('is not late by the law where limits are lower than the law’s', () => {
    expect(laterThanLaw([band(-INF, 29, 'green'), band(29, 30, 'yellow'), band(30, INF, 'critical')])).toEqual([]);
  });
});

describe('the preview', () => {
  const measured = [
    { sensorId: 'a', place: 'Roof', value: 33.5 },
    { sensorId: 'b', place: 'Roof', value: 30 },
    { sensorId: 'c', place: 'Line', value: 31.2 },
    { sensorId: 'd', place: 'Yard', value: 20 },
  ];

  it('counts a place by its worst sensor, those that rise first', () => {
    const draft = [band(-INF, 32, 'green'), band(32, 33.2, 'yellow'), band(33.2, INF, 'red')];
    expect(shifts(measured, LEGAL, draft, [], 0)).toEqual([
      { place: 'Roof', before: 'orange', after: 'red' },
      { place: 'Line', before: 'yellow', after: 'green' },
    ]);
  });

  it('leaves out a sensor with bands of its own that do not change', () => {
    const own = band(10, INF, 'red', { mappedOnly: true });
    const mapped: Mapped[] = [{ sensorId: 'c', bandId: own.id, enabled: true, from: -INF, to: INF }];
    const draft = [band(-INF, 32, 'green'), band(32, INF, 'orange'), own];
    expect(shifts(measured, [...LEGAL, own], draft, mapped, 0)).toEqual([]);
  });

  it('tells that nothing is judged any more', () => {
    expect(shifts(measured.slice(2, 3), LEGAL, [], [], 0)).toEqual([
      { place: 'Line', before: 'yellow', after: undefined },
    ]);
  });
});
