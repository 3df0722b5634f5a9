import { describe, expect, it } from 'vitest';

import { BREAK_MS, linkState, SILENCE_MS, waitBefore } from './link';

describe('the state of a stream', () => {
  it('is live only while messages come', () => {
    expect(linkState(1_000, 0, 500, 1_000 + SILENCE_MS - 1)).toBe('live');
    expect(linkState(1_000, 0, 500, 1_000 + SILENCE_MS)).toBe('stale');
  });

  it('is reconnecting for a moment after it broke, however long nothing had come, and stale then', () => {
    expect(linkState(1_000, 16_000, 500, 16_000 + BREAK_MS - 1)).toBe('reconnecting');
    expect(linkState(1_000, 16_000, 500, 16_000 + BREAK_MS)).toBe('stale');
  });

  it('is connecting for a moment before the first message, and away then', () => {
    expect(linkState(0, 0, 500, 500 + BREAK_MS - 1)).toBe('connecting');
    expect(linkState(0, 0, 500, 500 + BREAK_MS)).toBe('away');
    expect(linkState(0, 1_000, 500, 60_000)).toBe('away');
  });
});

describe('the wait before the next try', () => {
  it('grows, and has a bound', () => {
    const waits = [0, 1, 2, 10].map((tries) => waitBefore(tries, 1));
    expect(waits).toEqual([300, 600, 1200, 5000]);
    expect(waitBefore(0, 0)).toBe(150);
  });
});
