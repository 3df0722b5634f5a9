import type { Place, Sensor, Step } from '$/model/places';

import { i18n } from './index.svelte';

/** A place's own name as a person says it: of a floor with the word for it. */
export function nameOf(place: Step): string {
  return place.kind === 'floor' ? floorName(Number(place.name)) : place.name;
}

/** `floor 2`, `basement 1`, as the messages say it. */
export function floorName(floor: number): string {
  const words = floor < 0 ? i18n.phrases.basement : i18n.phrases.floor;
  return words.replace('{floor}', String(Math.abs(floor)));
}

/** `Ulsan › Press › B1 › floor 2 › Paint shop`. */
export function fullName(place: Place): string {
  return place.path.map(nameOf).join(' › ');
}

interface Where {
  plant?: string | undefined;
  factory?: string | undefined;
  building?: string | undefined;
  floor?: number | undefined;
  area?: string | undefined;
  locId?: string | undefined;
}

/** The same of anything that names its place, such as an alert; its id where no name is known. */
export function whereabouts(it: Where | Sensor): string {
  const floor = it.floor === undefined ? '' : floorName(it.floor);
  return [it.plant, it.factory, it.building, floor, it.area].filter(Boolean).join(' › ') || it.locId || '';
}
