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

/** A place and all below it. */
export interface Place {
  /** Tells it from all others: the names from the plant on, or `loc:` and the id of an area. */
  key: string;
  kind: Kind;
  /** Its own name; of a floor the number; empty where it has none. */
  name: string;
  /** The id of an area; empty above. */
  locId: string;
  /** The places above it, from the plant on, and itself. */
  path: readonly Place[];
  /** The worst level of the sensors that are not silent. */
  level: Level | undefined;
  /** The sensor with the highest perceived temperature among those that are not silent. */
  hottest: Sensor | undefined;
  sensors: Sensor[];
  silent: number;
  suspect: number;
  children: Place[];
}

const STEPS = ['plant', 'factory', 'building', 'floor', 'area'] as const;

/** Makes the tree of all places of these sensors. Where a step has no name, what is below it stands one step higher. */
export function buildTree(sensors: Iterable<Sensor>): Place {
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
  return root;
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

/** The area with the worst level, of several the hottest; undefined where no sensor tells. */
export function hottestArea(tree: Place): Place | undefined {
  return areas(tree)
    .filter((area) => area.hottest)
    .sort((a, b) => severity(b.level) - severity(a.level) || heat(b) - heat(a))[0];
}

function heat(place: Place): number {
  return place.hottest?.perceived?.value ?? -Infinity;
}

function nameOf(sensor: Sensor, kind: (typeof STEPS)[number]): string {
  if (kind === 'floor') return sensor.floor === undefined ? '' : String(sensor.floor);
  return kind === 'area' ? sensor.area || sensor.locId : sensor[kind];
}

function made(kind: Kind, key: string, name: string, locId: string, above: readonly Place[]): Place {
  const place: Place = {
    key, kind, name, locId, path: above, level: undefined, hottest: undefined, sensors: [], silent: 0, suspect: 0, children: [],
  }; // prettier-ignore
  place.path = kind === 'all' ? [] : [...above, place];
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
  place.level = worse(place.level, sensor.perceived?.level);
  const value = sensor.perceived?.value;
  if (value !== undefined && value > (place.hottest?.perceived?.value ?? -Infinity)) place.hottest = sensor;
}

function sort(place: Place): void {
  const isFloors = place.children.every((child) => child.kind === 'floor');
  place.children.sort((a, b) =>
    isFloors ? Number(b.name) - Number(a.name) : a.name.localeCompare(b.name, undefined, { numeric: true }),
  );
  place.children.forEach(sort);
}
