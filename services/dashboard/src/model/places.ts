import { severity, worse, type Level } from './levels';

export interface Value {
  value: number;
  level: Level | undefined;
}

export type Quality = 'good' | 'suspect' | 'stale';

/** A sensor and the last that it measured. */
export interface Sensor {
  id: string;
  /** When, in ms. */
  captured: number;
  quality: Quality;
  /** Why it is suspect: `implausible`, `flat` or `pinned`. */
  reason: string;
  locId: string;
  plant: string;
  factory: string;
  building: string;
  floor: number | undefined;
  area: string;
  /** °C. */
  perceived: Value | undefined;
  /** °C. */
  temperature: Value | undefined;
  /** %. */
  humidity: Value | undefined;
}

export type Kind = 'all' | 'plant' | 'factory' | 'building' | 'floor' | 'area';

/** What a place is called. */
export interface Step {
  /** Tells it from all others: the names from the plant on, or `loc:` and the id of an area. */
  key: string;
  kind: Kind;
  /** Its own name; of a floor the number; empty where it has none. */
  name: string;
}

/** A place and all below it. */
export interface Place extends Step {
  /** The id of an area; empty above. */
  locId: string;
  /** What the places above it are called, from the plant on, and itself. */
  path: readonly Step[];
  /** The worst level of any metric of the sensors that are not silent. */
  level: Level | undefined;
  /** The sensor with the highest perceived temperature among those that are not silent. */
  hottest: Sensor | undefined;
  sensors: Sensor[];
  silent: number;
  suspect: number;
  children: Place[];
}

const STEPS = ['plant', 'factory', 'building', 'floor', 'area'] as const;

/**
 * Makes the tree of all places of these sensors. Where a step has no name, what is below it stands one step higher.
 * A place where nothing changed since an earlier tree is the same object as there, so that it need not be drawn again.
 */
export function buildTree(sensors: Iterable<Sensor>, before?: Place): Place {
  const root = made('all', '', '', '', []);
  const known = new Map<string, Place>();
  for (const sensor of sensors) {
    let at = root;
    add(at, sensor);
    for (const kind of STEPS) {
      const name = nameOf(sensor, kind);
      if (!name) continue;
      const key = kind === 'area' ? `loc:${sensor.locId}` : `${at.key}/${kind}:${name}`;
      let place = known.get(key);
      if (!place) {
        place = made(kind, key, name, kind === 'area' ? sensor.locId : '', at.path);
        known.set(key, place);
        at.children.push(place);
      }
      at = place;
      add(at, sensor);
    }
  }
  sort(root);
  return before ? kept(root, before) : root;
}

/** All areas of a place, itself among them if it is one. */
export function areas(place: Place): Place[] {
  return place.kind === 'area' ? [place] : place.children.flatMap(areas);
}

/** Finds the place with a key. */
export function find(place: Place, key: string): Place | undefined {
  if (place.key === key) return place;
  for (const child of place.children) {
    const found = find(child, key);
    if (found) return found;
  }
  return undefined;
}

/** The area with the highest perceived temperature, of several the one with the worst level; undefined without any. */
export function hottestArea(tree: Place): Place | undefined {
  let found: Place | undefined;
  for (const area of areas(tree)) {
    const by = found ? heat(area) - heat(found) || severity(area.level) - severity(found.level) : 1;
    if (area.hottest && by > 0) found = area;
  }
  return found;
}

function heat(place: Place): number {
  return place.hottest?.perceived?.value ?? -Infinity;
}

/** The worst level of what a sensor measures: each metric may have limits. */
export function levelOf(sensor: Sensor): Level | undefined {
  return worse(worse(sensor.perceived?.level, sensor.temperature?.level), sensor.humidity?.level);
}

/** The metric to whose limits the level of a place is owed, where it is not the perceived temperature. */
export function otherMetric(place: Place): 'temperature' | 'humidity' | undefined {
  const heard = place.sensors.filter((sensor) => sensor.quality !== 'stale');
  if (!place.level || heard.some((sensor) => sensor.perceived?.level === place.level)) return undefined;
  return heard.some((sensor) => sensor.temperature?.level === place.level) ? 'temperature' : 'humidity';
}

function nameOf(sensor: Sensor, kind: (typeof STEPS)[number]): string {
  if (kind === 'floor') return sensor.floor === undefined ? '' : String(sensor.floor);
  return kind === 'area' ? sensor.area || sensor.locId : sensor[kind];
}

function made(kind: Kind, key: string, name: string, locId: string, above: readonly Step[]): Place {
  const place: Place = {
    key, kind, name, locId, path: above, level: undefined, hottest: undefined, sensors: [], silent: 0, suspect: 0, children: [],
  }; // prettier-ignore
  place.path = kind === 'all' ? [] : [...above, { key, kind, name }];
  return place;
}

function add(place: Place, sensor: Sensor): void {
  place.sensors.push(sensor);
  if (sensor.quality === 'stale') {
    // What a silent sensor said last is not what is so now.
    place.silent += 1;
    return;
  }
  if (sensor.quality === 'suspect') place.suspect += 1;
  place.level = worse(place.level, levelOf(sensor));
  const value = sensor.perceived?.value;
  if (value !== undefined && value > (place.hottest?.perceived?.value ?? -Infinity)) place.hottest = sensor;
}

// To compare by a locale anew for each pair would take longer than all else.
const collator = new Intl.Collator(undefined, { numeric: true });

function sort(place: Place): void {
  const isFloors = place.children.every((child) => child.kind === 'floor');
  place.children.sort((a, b) => (isFloors ? Number(b.name) - Number(a.name) : collator.compare(a.name, b.name)));
  place.children.forEach(sort);
}

/** The earlier place if all in it is the same, else the new one with those of the earlier parts that are. */
function kept(place: Place, before: Place): Place {
  const earlier = new Map(before.children.map((child) => [child.key, child]));
  place.children = place.children.map((child) => {
    const same = earlier.get(child.key);
    return same ? kept(child, same) : child;
  });
  return isSame(place.sensors, before.sensors) && isSame(place.children, before.children) ? before : place;
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}
