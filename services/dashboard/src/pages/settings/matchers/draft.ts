import type { Matchers } from '$/model/matchers';

/** Matchers as they stand in a form: what is empty is unset. */
export interface MatcherDraft {
  plant: string;
  factory: string;
  building: string;
  floor: number | null;
  area: string;
  sensorId: string;
  alertType: string;
}

export function draftOf(from: Matchers): MatcherDraft {
  return {
    plant: from.plant ?? '',
    factory: from.factory ?? '',
    building: from.building ?? '',
    floor: from.floor ?? null,
    area: from.area ?? '',
    sensorId: from.sensorId ?? '',
    alertType: from.alertType ?? '',
  };
}

export function matchersOf(draft: MatcherDraft): Matchers {
  return {
    plant: draft.plant.trim() || undefined,
    factory: draft.factory.trim() || undefined,
    building: draft.building.trim() || undefined,
    floor: draft.floor ?? undefined,
    area: draft.area.trim() || undefined,
    sensorId: draft.sensorId.trim() || undefined,
    alertType: draft.alertType || undefined,
  };
}
