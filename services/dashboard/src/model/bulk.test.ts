import { describe, expect, it } from 'vitest';

import { inTurn } from './bulk';

const away = new Error('away');
const always = { isStopped: () => false, isExpected: (error: unknown) => error === away };

describe('one thing done to each in turn', () => {
  it('tells what it could not be done to, and why the first could not', async () => {
    const done: number[] = [];
    const found = await inTurn(
      [1, 2, 3],
      async (one) => void (one === 2 ? await Promise.reject(away) : done.push(one)),
      always,
    );
    expect([done, found]).toEqual([[1, 3], { left: [2], error: away }]);
  });

  it('breaks off when it is stopped while one is under way', async () => {
    const done: number[] = [];
    let isStopped = false;
    const once = async (one: number) => {
      await Promise.resolve();
      done.push(one);
      isStopped = one === 2;
    };
    await inTurn([1, 2, 3, 4], once, { ...always, isStopped: () => isStopped });
    expect(done).toEqual([1, 2]);
  });

  it('throws on what nobody expects', async () => {
    await expect(inTurn([1], () => Promise.reject(new TypeError('a fault')), always)).rejects.toThrow('a fault');
  });
});
