import { describe, expect, it } from 'vitest';

import { isOddHeight, offsetsAt, reread, type Offsets } from './calibration';

const MAY: Offsets = { from: 100, temperature: 0.5, humidity: -2 };
const JULY: Offsets = { from: 200, temperature: -0.3, humidity: 1 };

describe('a correction', () => {
  it('is in force from its moment until the next one’s, in whatever order they stand', () => {
    const at = [99, 100, 199, 200].map((moment) => offsetsAt([JULY, MAY], moment).temperature);
    expect(at).toEqual([0, 0.5, 0.5, -0.3]);
  });

  it('replaces the one before, and is not added to it', () => {
    expect(reread(31.4, 'temperature', [], [MAY], 150)).toBe(31.9);
    expect(reread(31.4, 'temperature', [MAY], [MAY, JULY], 250)).toBe(30.6);
    expect(reread(31.4, 'temperature', [MAY], [], 150)).toBe(30.9);
  });

  it('changes nothing before it begins', () => {
    expect(reread(31.4, 'temperature', [MAY], [MAY, JULY], 150)).toBe(31.4);
  });

  it('keeps humidity within 0 and 100 %', () => {
    expect(reread(99.5, 'humidity', [], [JULY], 250)).toBe(100);
    expect(reread(1, 'humidity', [], [MAY], 150)).toBe(0);
  });
});

it('points at heights that are not the law’s, both ends of which are', () => {
  expect([1.19, 1.2, 1.5, 1.51, undefined].map(isOddHeight)).toEqual([true, false, false, true, false]);
});
