import { i18n, inLanguages } from '$/i18n/index.svelte';
import { common } from '$/i18n/common';
import { whereabouts } from '$/i18n/places';
import type { Matchers } from '$/model/matchers';

export const words = inLanguages({
  en: {
    plant: 'Plant',
    factory: 'Factory',
    building: 'Building',
    floor: 'Floor',
    floorHint: 'Basements are negative.',
    area: 'Area',
    alertType: 'Kind of alert',
    everyType: 'Every kind',
    every: 'every',
    where: 'Where',
    hint: 'What is left empty fits everything.',
    covers: (areas: number, sensors: number) =>
      `Of what is measured now it covers ${areas} ${areas === 1 ? 'area' : 'areas'} with ${sensors} ${sensors === 1 ? 'sensor' : 'sensors'}`,
    coversNothing: 'Of what is measured now it covers nothing: look at the names.',
    sensors: (count: number) => `${count} ${count === 1 ? 'sensor' : 'sensors'}`,
    andMore: (count: number) => `and ${count} more`,
  },
  ko: {
    plant: '사업장',
    factory: '공장',
    building: '건물',
    floor: '층',
    floorHint: '지하는 음수로 입력합니다.',
    area: '구역',
    alertType: '경보 종류',
    everyType: '모든 종류',
    every: '전체',
    where: '장소',
    hint: '비워 두면 전체에 해당합니다.',
    covers: (areas: number, sensors: number) =>
      `지금 측정 중인 곳 가운데 구역 ${areas}곳, 센서 ${sensors}대가 해당합니다`,
    coversNothing: '지금 측정 중인 곳 가운데 해당하는 곳이 없습니다. 이름을 확인하십시오.',
    sensors: (count: number) => `센서 ${count}대`,
    andMore: (count: number) => `외 ${count}건`,
  },
});

export const TYPES = ['threshold', 'no_data', 'suspect', 'manual'] as const;

/** What alerts of a type are called, as the messages say it. */
export function typeName(type: string | undefined): string {
  const known = TYPES.find((each) => each === type);
  return known ? i18n.phrases.types[known].replace('{metric}', common().value) : words().everyType;
}

/** Where matchers fit, as a person says it. */
export function whereName(matchers: Matchers): string {
  const place = whereabouts(matchers);
  const sensor = matchers.sensorId && `${common().sensor} ${matchers.sensorId}`;
  return [place, sensor].filter(Boolean).join(' · ') || common().all;
}
