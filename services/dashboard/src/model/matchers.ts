import { areas, type Place, type Sensor } from './places';

/** What a subscription or a silence is about; what is unset fits everything. An alert has the same fields. */
export interface Matchers {
  plant?: string | undefined;
  factory?: string | undefined;
  building?: string | undefined;
  floor?: number | undefined;
  area?: string | undefined;
  sensorId?: string | undefined;
  alertType?: string | undefined;
}

const NAMES = ['plant', 'factory', 'building', 'floor', 'area', 'sensorId', 'alertType'] as const;

/** Tells whether everything that is set among the matchers is so with the subject. */
export function fits(matchers: Matchers, subject: Matchers): boolean {
  return NAMES.every((name) => matchers[name] === undefined || matchers[name] === subject[name]);
}

/** Tells whether nothing is set, so that everything fits. */
export function fitsEverything(matchers: Matchers): boolean {
  return NAMES.every((name) => matchers[name] === undefined);
}

/** The areas in which something fits, whatever type the alert is of, and how many of their sensors do. */
export function covered(tree: Place, matchers: Matchers): { place: Place; sensors: number }[] {
  const where = { ...matchers, alertType: undefined };
  return areas(tree)
    .map((place) => ({ place, sensors: place.sensors.filter((sensor) => fits(where, subject(sensor))).length }))
    .filter((one) => one.sensors > 0);
}

/** The values that a matcher can have, given the matchers above it, so that nobody has to know names by heart. */
export function choices(sensors: Iterable<Sensor>, matchers: Matchers, name: (typeof NAMES)[number]): string[] {
  const above: Matchers = Object.fromEntries(NAMES.slice(0, NAMES.indexOf(name)).map((each) => [each, matchers[each]]));
  const found = new Set<string>();
  for (const sensor of sensors) {
    const value = subject(sensor)[name];
    if (value !== undefined && fits(above, subject(sensor))) found.add(String(value));
  }
  return [...found].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
}

function subject(sensor: Sensor): Matchers {
  return {
    plant: sensor.plant || undefined,
    factory: sensor.factory || undefined,
    building: sensor.building || undefined,
    floor: sensor.floor,
    area: sensor.area || undefined,
    sensorId: sensor.id,
  };
}
