import { describe, expect, it } from 'vitest';

import { filtersOf } from './filters';
import { buildTree, type Sensor } from './places';

function at(locId: string, plant: string, factory: string, building: string, floor = 1): Sensor {
  return {
    id: `S-${locId}`, captured: 0, quality: 'good', reason: '', locId, plant, factory, building, floor, area: locId,
    perceived: undefined, temperature: undefined, humidity: undefined,
  }; // prettier-ignore
}

const tree = buildTree([
  at('A', 'Ulsan', 'Press', 'B1'),
  at('B', 'Ulsan', 'Press', 'B1', 2),
  at('C', 'Ulsan', 'Paint', 'B1'),
  at('D', 'Asan', 'Paint', 'B1'),
  at('E', 'Asan', 'Weld', 'B1'),
]);

describe('what is asked for', () => {
  it('is one filter where the names are of this place alone', () => {
    expect(filtersOf('', tree)).toEqual([{}]);
    expect(filtersOf('/plant:Ulsan/factory:Press', tree)).toEqual([{ factory: 'Press' }]);
    expect(filtersOf('/plant:Ulsan/factory:Press/building:B1/floor:2', tree)).toEqual([
      { factory: 'Press', building: 'B1', floor: 2 },
    ]);
  });

  it('goes by the parts of a plant, and of what has its name twice', () => {
    expect(filtersOf('/plant:Ulsan', tree)).toEqual([{ locId: 'C' }, { factory: 'Press' }]);
    expect(filtersOf('/plant:Asan/factory:Paint', tree)).toEqual([{ locId: 'D' }]);
  });

  it('is an area or a sensor also where nothing is known of it now', () => {
    expect(filtersOf('loc:gone', tree)).toEqual([{ locId: 'gone' }]);
    expect(filtersOf('sensor:gone', tree)).toEqual([{ sensorId: 'gone' }]);
  });

  it('waits for a place that is not known yet', () => {
    expect(filtersOf('/plant:Ulsan', buildTree([]))).toBeUndefined();
  });
});
