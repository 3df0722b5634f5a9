import { inLanguages, i18n } from './index.svelte';
import type { Role } from '$/api/session.svelte';
import type { Level } from '$/model/levels';

const ROLES: Record<Role, string> = { viewer: '열람자', operator: '운영자', engineer: '설정 담당자', admin: '관리자' };

/** What several pages say. */
export const common = inLanguages({
  en: {
    noLaw: 'It is below heat-wave work (31 °C perceived). Water, shade and rest are still to be given.',
    normal: 'Normal',
    unjudged: 'No limits',
    noData: 'No data',
    perceived: 'Perceived temperature',
    temperature: 'Temperature',
    humidity: 'Humidity',
    sensor: 'Sensor',
    place: 'Place',
    value: 'Value',
    level: 'Level',
    quality: 'Quality',
    good: 'Good',
    suspect: 'Suspect',
    stale: 'Silent',
    implausible: 'implausible',
    flat: 'unchanged for too long',
    pinned: 'pinned at its end',
    age: 'Age',
    all: 'Everywhere',
    save: 'Save',
    cancel: 'Cancel',
    close: 'Close',
    delete: 'Delete',
    edit: 'Edit',
    add: 'Add',
    loading: 'Loading…',
    again: 'Try again',
    yourName: 'Your name',
    yourNameWhy: 'It stands beside what you do, in the history of each alert.',
    needsRole: (role: Role) => `This takes the role ${role}.`,
    none: 'None',
    from: 'From',
    to: 'To',
    optional: 'optional',
    on: 'On',
    off: 'Off',
  },
  ko: {
    noLaw: '폭염작업 기준(체감온도 31℃) 미만입니다. 물·그늘·휴식은 계속 제공하십시오.',
    normal: '정상',
    unjudged: '기준 없음',
    noData: '데이터 없음',
    perceived: '체감온도',
    temperature: '온도',
    humidity: '습도',
    sensor: '센서',
    place: '장소',
    value: '측정값',
    level: '단계',
    quality: '품질',
    good: '양호',
    suspect: '이상 의심',
    stale: '무응답',
    implausible: '믿기 어려운 값',
    flat: '장시간 값 변화 없음',
    pinned: '측정 한계값에 고정',
    age: '측정 후 경과',
    all: '전체',
    save: '저장',
    cancel: '취소',
    close: '닫기',
    delete: '삭제',
    edit: '수정',
    add: '추가',
    loading: '불러오는 중…',
    again: '다시 시도',
    yourName: '이름',
    yourNameWhy: '경보 이력에 누가 조치했는지 함께 기록됩니다.',
    needsRole: (role: Role) => `${ROLES[role]} 권한이 필요합니다.`,
    none: '없음',
    from: '부터',
    to: '까지',
    optional: '선택',
    on: '켜짐',
    off: '꺼짐',
  },
});

/** The word of a level, as the messages call it. */
export function levelName(level: Level | undefined): string {
  if (!level) return common().unjudged;
  return level === 'green' ? common().normal : i18n.phrases.levels[level];
}

/** What the law and the ministry ask at a perceived temperature, or an empty text below all of it. */
export function advice(perceived: number): string {
  return i18n.phrases.advice.find((entry) => perceived >= entry.from)?.text ?? '';
}
