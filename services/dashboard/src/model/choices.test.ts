import { describe, expect, it } from 'vitest';

import { CHOICE_KINDS, choices, matches, sensorKey, sensorOf } from './choices';
import { buildTree, type Sensor } from './places';

function sensor(id: string, more: Partial<Sensor> = {}): Sensor {
  return {
    id, captured: 0, quality: 'good', reason: '', locId: 'A-1', plant: '', factory: 'Press', building: 'B1', floor: 1,
    area: 'Line 1', perceived: undefined, temperature: undefined, humidity: undefined, ...more,
  }; // prettier-ignore
}

const tree = buildTree([sensor('S-10'), sensor('S-9'), sensor('S-1', { locId: 'A-2', area: 'Line 2', floor: 2 })]);

describe('what can be chosen', () => {
  it('names each place, what is within it after it, and the sensors of each area', () => {
    expect(choices(tree, CHOICE_KINDS).map((choice) => choice.key)).toEqual([
      '',
      '/factory:Press',
      '/factory:Press/building:B1',
      '/factory:Press/building:B1/floor:2',
      'loc:A-2',
      'sensor:S-1',
      '/factory:Press/building:B1/floor:1',
      'loc:A-1',
      'sensor:S-9',
      'sensor:S-10',
    ]);
  });

  it('leaves out the kinds that are not asked for', () => {
    expect(choices(tree, ['all', 'area']).map((choice) => choice.key)).toEqual(['', 'loc:A-2', 'loc:A-1']);
  });

  it('finds a text by its words in any order and case', () => {
    expect(matches('Press › B1 › Line 1', 'line press')).toBe(true);
    expect(matches('Press › B1 › Line 1', 'line 2')).toBe(false);
    expect(matches('Press', '')).toBe(true);
  });

  it('tells a sensor from a place by its key', () => {
    expect(sensorOf(sensorKey('S-1'))).toBe('S-1');
    expect(sensorOf('loc:A-1')).toBeUndefined();
  });
});
