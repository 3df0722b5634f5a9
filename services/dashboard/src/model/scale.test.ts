import { describe, expect, it } from 'vitest';

import { fitted, marks, ticks } from './scale';

describe('a scale', () => {
  it('has room for all values, in whole fives, and does not mind open ends', () => {
    expect(fitted([-Infinity, 31, 38, 27.4, Infinity], 'pcv_temperature')).toEqual({ low: 25, high: 40 });
    expect(fitted([31, 38.1], 'pcv_temperature')).toEqual({ low: 25, high: 45 });
  });

  it('never shows what a metric cannot be', () => {
    expect(fitted([-99, 199], 'temperature')).toEqual({ low: -100, high: 200 });
    expect(fitted([80], 'humidity')).toEqual({ low: 0, high: 100 });
  });

  it('is that of a summer where there is nothing to show', () => {
    expect(fitted([Infinity], 'temperature')).toEqual({ low: 20, high: 45 });
  });

  it('has as many ticks as can be read', () => {
    expect(ticks({ low: 25, high: 30 })).toEqual([25, 26, 27, 28, 29, 30]);
    expect(ticks({ low: 15, high: 45 })).toHaveLength(15);
    expect(ticks({ low: -100, high: 200 }).slice(0, 3)).toEqual([-100, -80, -60]);
  });

  it('counts what is measured by tenths', () => {
    expect(marks([31.04, 30.96, 28, 99], { low: 25, high: 40 })).toEqual([
      [28, 1],
      [31, 2],
    ]);
  });
});
