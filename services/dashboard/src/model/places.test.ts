import { describe, expect, it } from 'vitest';

import { areas, buildTree, find, hottestArea, otherMetric, type Sensor } from './places';
import type { Level } from './levels';

function sensor(id: string, value: number, level: Level | undefined, more: Partial<Sensor> = {}): Sensor {
  return {
    id, captured: 0, quality: 'good', reason: '', locId: 'A-1', plant: 'Ulsan', factory: 'Press', building: 'B1', floor: 1,
    area: 'Line 1', perceived: { value, level }, temperature: undefined, humidity: undefined, ...more,
  }; // prettier-ignore
}

describe('the tree of places', () => {
  it('rolls the worst level up to the plant', () => {
    const tree = buildTree([
      sensor('a', 34, 'orange'),
      sensor('b', 30, 'green', { locId: 'A-2', area: 'Line 2' }),
      sensor('c', 36, 'red', { locId: 'A-3', area: 'Roof', floor: 2 }),
    ]);
    expect(tree.children.map((plant) => [plant.name, plant.level])).toEqual([['Ulsan', 'red']]);
    const floors = tree.children[0]?.children[0]?.children[0]?.children;
    expect(floors?.map((floor) => [floor.name, floor.level])).toEqual([
      ['2', 'red'],
      ['1', 'orange'],
    ]);
  });

  it('does not take what a silent sensor said last for what is so now', () => {
    const tree = buildTree([sensor('a', 39, 'critical', { quality: 'stale' }), sensor('b', 30, 'green')]);
    expect(tree.level).toBe('green');
    expect(tree.silent).toBe(1);
    expect(hottestArea(tree)?.hottest?.id).toBe('b');
  });

  it('has the level of whatever metric is the worst, and says which where it is not the perceived temperature', () => {
    const tree = buildTree([
      sensor('a', 30, 'green', { temperature: { value: 36, level: 'red' } }),
      sensor('b', 32, 'yellow'),
    ]);
    expect([tree.level, otherMetric(tree)]).toEqual(['red', 'temperature']);
    expect(otherMetric(buildTree([sensor('b', 32, 'yellow')]))).toBeUndefined();
  });

  it('has no level where no limit judges', () => {
    expect(buildTree([sensor('a', 20, undefined)]).level).toBeUndefined();
  });

  it('keeps places of one name in two buildings apart, and finds each again', () => {
    const tree = buildTree([sensor('a', 31, 'yellow'), sensor('b', 32, 'yellow', { locId: 'C-1', building: 'B2' })]);
    expect(areas(tree).map((area) => area.locId)).toEqual(['A-1', 'C-1']);
    expect(find(tree, 'loc:C-1')?.path.map((step) => step.name)).toEqual(['Ulsan', 'Press', 'B2', '1', 'Line 1']);
  });

  it('leaves out steps without a name', () => {
    const tree = buildTree([sensor('a', 31, 'yellow', { plant: '', floor: undefined })]);
    expect(tree.children[0]?.kind).toBe('factory');
    expect(areas(tree)[0]?.path.map((step) => step.kind)).toEqual(['factory', 'building', 'area']);
  });

  it('keeps the objects of places in which nothing changed, and of no others', () => {
    const [cool, warm] = [sensor('a', 26, 'green'), sensor('b', 30, 'green', { locId: 'B-1', factory: 'Paint' })];
    const before = buildTree([cool, warm]);
    const after = buildTree([cool, sensor('b', 35, 'red', { locId: 'B-1', factory: 'Paint' })], before);
    expect(find(after, 'loc:A-1')).toBe(find(before, 'loc:A-1'));
    expect(find(after, '/plant:Ulsan/factory:Press')).toBe(find(before, '/plant:Ulsan/factory:Press'));
    expect(after.level).toBe('red');
    expect(find(after, 'loc:B-1')?.level).toBe('red');
    expect(buildTree([cool, warm], before)).toBe(before);
    expect(buildTree([cool], before).children[0]?.children.map((factory) => factory.name)).toEqual(['Press']);
  });
});
