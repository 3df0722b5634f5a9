import { describe, expect, it } from 'vitest';

import { choices, covered, fits, fitsEverything } from './matchers';
import { buildTree, type Sensor } from './places';

function sensor(id: string, more: Partial<Sensor> = {}): Sensor {
  return {
    id, captured: 0, quality: 'good', reason: '', locId: 'A-1', plant: 'Ulsan', factory: 'Press', building: 'B1', floor: 0,
    area: 'Line 1', perceived: undefined, temperature: undefined, humidity: undefined, ...more,
  }; // prettier-ignore
}

const sensors = [
  sensor('a'),
  sensor('b'),
  sensor('c', { locId: 'A-2', area: 'Line 2', floor: -1 }),
  sensor('d', { locId: 'P-1', factory: 'Paint', building: 'P', floor: 10 }),
  sensor('e', { locId: 'X-1', plant: '', factory: 'Paint', building: 'X', floor: 2 }),
];

describe('matchers', () => {
  it('fit what has all that is set, and floor 0 is a floor', () => {
    const alert = { plant: 'Ulsan', factory: 'Press', floor: 0, sensorId: 'a', alertType: 'threshold' };
    expect(fits({}, alert)).toBe(true);
    expect(fits({ factory: 'Press', floor: 0 }, alert)).toBe(true);
    expect(fits({ floor: 0 }, { ...alert, floor: undefined })).toBe(false);
    expect(fits({ factory: 'Press', alertType: 'no_data' }, alert)).toBe(false);
  });

  it('that are not set fit everything', () => {
    expect(fitsEverything({})).toBe(true);
    expect(fitsEverything({ floor: 0 })).toBe(false);
  });
});

describe('what is covered', () => {
  const names = (matchers: Parameters<typeof covered>[1]) =>
    covered(buildTree(sensors), matchers).map((one) => [one.place.locId, one.sensors]);

  it('is each area where a sensor fits, whatever the type of alert', () => {
    expect(names({ factory: 'Press', alertType: 'no_data' })).toEqual([
      ['A-1', 2],
      ['A-2', 1],
    ]);
    expect(names({ sensorId: 'b' })).toEqual([['A-1', 1]]);
    expect(names({ plant: 'Ulsan', factory: 'Paint' })).toEqual([['P-1', 1]]);
    expect(names({ area: 'Nowhere' })).toEqual([]);
  });
});

describe('the choices of a matcher', () => {
  it('are those below what is chosen above it, in the order of numbers', () => {
    expect(choices(sensors, {}, 'factory')).toEqual(['Paint', 'Press']);
    expect(choices(sensors, { plant: 'Ulsan' }, 'floor')).toEqual(['-1', '0', '10']);
    expect(choices(sensors, { factory: 'Press', floor: -1 }, 'sensorId')).toEqual(['c']);
  });

  it('do not depend on what is chosen below', () => {
    expect(choices(sensors, { factory: 'Press', area: 'Line 2' }, 'factory')).toEqual(['Paint', 'Press']);
  });
});
