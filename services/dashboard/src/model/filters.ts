import { sensorOf } from './choices';
import { areas, find, type Place } from './places';

/** What the aggregation is asked for; empty is everywhere. */
export interface Filter {
  factory?: string;
  building?: string;
  floor?: number;
  locId?: string;
  sensorId?: string;
}

/**
 * The filters that together hold a place and nothing else: mostly one. A plant cannot be asked for, and names may come
 * twice: then it is asked for by its parts. Undefined is a place that is not known (yet).
 */
export function filtersOf(key: string, tree: Place): Filter[] | undefined {
  const sensorId = sensorOf(key);
  if (sensorId !== undefined) return [{ sensorId }];
  // One that has no sensor any more still has a past.
  if (key.startsWith('loc:')) return [{ locId: key.slice('loc:'.length) }];
  if (!key) return [{}];
  const place = find(tree, key);
  return place && within(place, tree);
}

function within(place: Place, tree: Place): Filter[] {
  if (place.kind === 'area') return [{ locId: place.locId }];
  const filter: Filter = {};
  for (const { kind, name } of place.path) {
    if (kind === 'factory' || kind === 'building') filter[kind] = name;
    if (kind === 'floor') filter.floor = Number(name);
  }
  const held = areas(tree).filter((area) => fits(area, filter)).length;
  return held === areas(place).length ? [filter] : place.children.flatMap((child) => within(child, tree));
}

function fits(area: Place, filter: Filter): boolean {
  const name = (kind: string) => area.path.find((step) => step.kind === kind)?.name;
  return (
    (filter.factory === undefined || name('factory') === filter.factory) &&
    (filter.building === undefined || name('building') === filter.building) &&
    (filter.floor === undefined || name('floor') === String(filter.floor))
  );
}
