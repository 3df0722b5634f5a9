import { describe, expect, it } from 'vitest';

import { check, judge, type Band } from './ladder';
import { added, applied, borders, changes, inOrder, moved, rebased, room } from './ladder-draft';
import { severity, type Level } from './levels';

const INF = Infinity;

function band(key: string, low: number, high: number, level: Level, more: Partial<Band> = {}): Band {
  return { key, id: Number(key) || 0, level, low, high, mappedOnly: false, source: '', ...more };
}

const LEGAL = [
  band('1', -INF, 31, 'green'), band('2', 31, 33, 'yellow'), band('3', 33, 35, 'orange'), band('4', 35, INF, 'red'),
]; // prettier-ignore

/** The ladder with its three borders elsewhere. */
function at(first: number, second: number, third: number): Band[] {
  const [one, two, three, four] = LEGAL as [Band, Band, Band, Band];
  return [
    { ...one, high: first }, { ...two, low: first, high: second }, { ...three, low: second, high: third },
    { ...four, low: third },
  ]; // prettier-ignore
}

describe('borders', () => {
  it('are shared by neighbours, or each end is apart', () => {
    expect(borders(LEGAL, true).map((border) => [border.value, border.edges.length])).toEqual([
      [31, 2],
      [33, 2],
      [35, 2],
    ]);
    expect(borders(LEGAL, false).map((border) => [border.value, border.edges[0]?.side])).toEqual([
      [31, 'high'],
      [31, 'low'],
      [33, 'high'],
      [33, 'low'],
      [35, 'high'],
      [35, 'low'],
    ]);
  });

  it('move both neighbours together, to a tenth', () => {
    const border = borders(LEGAL, true)[0];
    expect(moved(LEGAL, border?.edges ?? [], 31.4999, 'pcv_temperature')).toEqual(at(31.5, 33, 35));
  });

  it('move one end alone, which leaves a gap', () => {
    const after = moved(LEGAL, [{ key: '1', side: 'high' }], 30.2, 'pcv_temperature');
    expect(check(after).map(({ kind, low, high }) => [kind, low, high])).toEqual([['gap', 30.2, 31]]);
  });

  it('never turn a band over, and stay within what the metric can have', () => {
    const border = borders(LEGAL, true)[1];
    expect(moved(LEGAL, border?.edges ?? [], 90, 'pcv_temperature')).toEqual(at(31, 34.9, 35));
    expect(moved(LEGAL, border?.edges ?? [], -90, 'pcv_temperature')).toEqual(at(31, 31.1, 35));
    expect(room([band('1', 60, INF, 'red')], [{ key: '1', side: 'low' }], 'humidity')).toEqual({ least: 0, most: 100 });
  });
});

describe('a band that is added', () => {
  it('fills a gap', () => {
    const gap = [band('1', -INF, 31, 'green'), band('2', 33, INF, 'orange')];
    expect(added(gap, 'pcv_temperature', 'n').at(-1)).toMatchObject({ key: 'n', low: 31, high: 33, level: 'orange' });
  });

  it('stands above the topmost one, which ends where it begins', () => {
    const after = added(LEGAL.slice(0, 2), 'pcv_temperature', 'n');
    expect(after.at(-1)).toMatchObject({ low: 33, high: INF, level: 'orange' });
    const open = added(LEGAL, 'pcv_temperature', 'n');
    expect(open.slice(-2)).toMatchObject([
      { low: 35, high: 37 },
      { low: 37, high: INF, level: 'critical' },
    ]);
  });

  it('is the first one of a metric without limits', () => {
    expect(added([], 'humidity', 'n')).toMatchObject([{ low: 80, high: INF, level: 'yellow' }]);
  });
});

describe('a draft when somebody else has saved', () => {
  const [one, two, three, four] = LEGAL as [Band, Band, Band, Band];
  const made = band('n', 50, INF, 'critical');
  const drawn = [one, { ...two, low: 30.5 }, three, made];

  it('takes what the other changed, made and deleted, and keeps what was drawn', () => {
    const theirs = [{ ...one, high: 30 }, two, four, band('9', 40, 41, 'red')];
    expect(rebased(LEGAL, drawn, theirs)).toEqual([{ ...one, high: 30 }, drawn[1], theirs[3], made]);
  });

  it('is what is saved where nothing was drawn', () => {
    expect(rebased(LEGAL, LEGAL, [one])).toEqual([one]);
  });
});

describe('what is saved', () => {
  it('is only what has changed', () => {
    const draft = [...at(31, 33.5, 35).slice(0, 3), band('n', 40, INF, 'critical')];
    expect(changes(LEGAL, draft)).toMatchObject([
      { kind: 'update', band: { key: '2' }, fields: ['high'] },
      { kind: 'update', band: { key: '3' }, fields: ['low'] },
      { kind: 'create', band: { key: 'n' } },
      { kind: 'delete', band: { key: '4' } },
    ]);
    expect(changes(LEGAL, [...LEGAL].reverse())).toEqual([]);
  });

  it.each([
    ['up', at(32, 34, 36)],
    ['down', at(30, 31.5, 34)],
    ['apart', at(30, 33.5, 36)],
    ['far up', at(33.5, 36, 37)],
    ['without its top', [...at(31, 33, 35).slice(0, 2), band('3', 33, INF, 'orange')]],
    ['with one more', [...at(31, 33, 35).slice(0, 3), band('4', 35, 38, 'red'), band('n', 38, INF, 'critical')]],
  ])('leaves no gap on the way, nor judges lower than before and after: %s', (_, draft) => {
    let now: Band[] = LEGAL;
    for (const change of inOrder(LEGAL, draft, 'pcv_temperature')) {
      now = applied(now, change);
      expect(check(now).filter((finding) => finding.kind === 'gap')).toEqual([]);
      for (let value = 25; value < 45; value += 0.25) {
        const aim = Math.min(severity(judge(value, LEGAL)), severity(judge(value, draft)));
        expect(severity(judge(value, now))).toBeGreaterThanOrEqual(aim);
      }
    }
    expect(changes(now, draft)).toEqual([]);
  });
});
