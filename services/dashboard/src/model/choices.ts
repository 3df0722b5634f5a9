import type { Kind, Place, Sensor } from './places';

export type ChoiceKind = Kind | 'sensor';
export const CHOICE_KINDS: readonly ChoiceKind[] = ['all', 'plant', 'factory', 'building', 'floor', 'area', 'sensor'];

/** A place or a single sensor that can be chosen. */
export interface Choice {
  /** The key of the place, `sensor:` and the id of a sensor; empty is everywhere. */
  key: string;
  kind: ChoiceKind;
  /** The place, or that of the sensor. */
  place: Place;
  sensor: Sensor | undefined;
}

/** The key of a single sensor. */
export function sensorKey(id: string): string {
  return `sensor:${id}`;
}

/** The id in the key of a sensor; undefined of a place. */
export function sensorOf(key: string): string | undefined {
  return key.startsWith('sensor:') ? key.slice('sensor:'.length) : undefined;
}

/** All that can be chosen in a tree, what is within a place after it. */
export function choices(tree: Place, kinds: readonly ChoiceKind[]): Choice[] {
  const own = kinds.includes(tree.kind) ? [{ key: tree.key, kind: tree.kind, place: tree, sensor: undefined }] : [];
  const below = tree.children.flatMap((child) => choices(child, kinds));
  if (tree.kind !== 'area' || !kinds.includes('sensor')) return [...own, ...below];
  const sensors = [...tree.sensors].sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }));
  return [
    ...own,
    ...sensors.map((sensor) => ({ key: sensorKey(sensor.id), kind: 'sensor' as const, place: tree, sensor })),
  ];
}

/** Whether a text has every word that was typed, in any order. */
export function matches(text: string, typed: string): boolean {
  const within = text.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => within.includes(word));
}
