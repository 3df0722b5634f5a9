import { describe, expect, it } from 'vitest';

import { readView, writeView } from './view';

const read = (query: string) => readView(new URLSearchParams(query), '2026-11-27');

describe('the address of a view', () => {
  it('is the last seven days everywhere where it says nothing', () => {
    expect(read('')).toEqual({
      place: '', range: { from: '2026-11-21', to: '2026-11-27' }, step: 'hour', isChosen: false,
      metric: 'pcv_temperature', hours: undefined, compare: false,
    }); // prettier-ignore
  });

  it('reproduces what it was made of', () => {
    const view = read('place=loc:A-1&from=2026-06-01&to=2026-09-30&step=hour&metric=humidity&hours=22-6&compare=1');
    expect([view.step, view.isChosen, view.hours]).toEqual(['hour', true, { first: 22, last: 6 }]);
    expect(read(new URLSearchParams(writeView(view)).toString())).toEqual(view);
  });

  it('lets nothing through that cannot be', () => {
    expect(read('from=2026-02-30&to=2026-03-01').range.from).toBe('2026-11-21');
    expect(read('from=2020-01-01&to=2026-01-01&step=hour&hours=22-6')).toMatchObject({
      step: 'month',
      hours: undefined,
    });
    expect(read('metric=wind&hours=7-24')).toMatchObject({ metric: 'pcv_temperature', hours: undefined });
  });

  it('takes days in any order, and one for itself', () => {
    expect(read('from=2026-03-02&to=2026-03-01').range).toEqual({ from: '2026-03-01', to: '2026-03-02' });
    expect(read('from=2026-03-02').range).toEqual({ from: '2026-03-02', to: '2026-03-02' });
  });
});
