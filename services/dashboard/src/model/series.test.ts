import { describe, expect, it } from 'vitest';

import { factsOf, hottest, together, type Step } from './series';

function step(at: number, max?: number, more: Partial<Step> = {}): Step {
  return { at, readings: max === undefined ? 0 : 1, suspect: 0, min: max, avg: max, max, ...more };
}

describe('steps', () => {
  it('are put together with the average of all readings', () => {
    const [whole] = together(
      [step(1, 30, { readings: 3, min: 20, suspect: 1 }), step(2), step(3, 34, { readings: 1 })],
      () => 0,
    );
    expect(whole).toEqual({ at: 0, readings: 4, suspect: 1, min: 20, avg: 31, max: 34 });
  });

  it('stay gaps where nothing was measured, and leave out what does not count', () => {
    const steps = together([step(3), step(1, 30), step(2, 31)], (at) => (at === 2 ? undefined : at));
    expect(steps.map((one) => [one.at, one.max])).toEqual([
      [1, 30],
      [3, undefined],
    ]);
  });

  it('tell the highest value and how many hours reached each limit, the limit itself among them', () => {
    const facts = factsOf(
      [step(1, 31), step(2), step(3, 33.1, { readings: 9, suspect: 2 }), step(4, 30.9)],
      [31, 33, 35],
    );
    expect(facts.highest?.at).toBe(3);
    expect(facts.reached.map((one) => one.hours)).toEqual([2, 1, 0]);
    expect([facts.measured, facts.readings, facts.suspect]).toEqual([3, 11, 2]);
  });

  it('of several lines the hottest are kept, and none without a value', () => {
    const line = (key: string, ...values: number[]) => ({ key, maxima: new Map(values.entries()) });
    const lines = [line('cool', 20, 21), line('none'), line('peak', 19, 40), line('warm', 30)];
    expect(hottest(lines, 2).map((one) => one.key)).toEqual(['peak', 'warm']);
    expect(hottest(lines, 8)).toHaveLength(3);
  });
});
