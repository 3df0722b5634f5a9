import { i18n, inLanguages } from '$/i18n/index.svelte';

export const words = inLanguages({
  en: {
    title: 'Silences',
    intro: 'While a silence holds, nobody is told of the alerts that fit it. They are raised and kept all the same.',
    add: 'Add a silence',
    edit: 'Change a silence',
    week: 'Week',
    previous: 'Previous week',
    next: 'Next week',
    today: 'This week',
    choose: 'Choose hours with the pointer, or with the arrow keys: Shift extends them, Enter takes them.',
    hours: (day: string, from: string, to: string) => `${day}, ${from} to ${to}`,
    block: (when: string, where: string, reason: string) => `${when}: ${where}. ${reason}`,
    current: 'Now and later',
    over: 'Over',
    noneCurrent: 'No silence holds now or later.',
    inForce: 'Holds now',
    later: 'Later',
    by: (author: string) => `by ${author}`,
    everyLevel: 'every level',
    upTo: (level: string) => `up to “${level}”`,
    endNow: 'End now',
    remove: 'Delete this silence?',
    removeText: 'What is still active is told of then. One that ended stays as a record unless it is deleted.',
    kind: 'When',
    once: 'Once',
    weekly: 'Every week',
    start: 'From',
    end: 'Until',
    startHint: 'Empty: from now on.',
    endHint: 'Empty: without end.',
    days: 'Days',
    startOfDay: 'From (time of day)',
    endOfDay: 'Until (time of day)',
    endOfDayHint: 'If it is not later it is of the next day.',
    zone: 'Time zone',
    siteTime: (zone: string) => `Times are of ${zone}.`,
    maxLevel: 'Most level',
    maxLevelHint: 'Of graver alerts one is told all the same.',
    author: 'Who wants it',
    reason: 'Why',
    wouldSilence: (count: number) =>
      `It is about ${count} ${count === 1 ? 'alert that is' : 'alerts that are'} open now:`,
    wouldNot: 'It is about no alert that is open now.',
    nextDay: 'next day',
    fromOn: (at: string) => `from ${at} on`,
    more: 'Show more',
  },
  ko: {
    title: '알림 중지',
    intro: '알림 중지 중에는 해당 경보를 아무에게도 알리지 않습니다. 경보 자체는 그대로 발생하고 기록됩니다.',
    add: '알림 중지 추가',
    edit: '알림 중지 수정',
    week: '주간',
    previous: '지난주',
    next: '다음 주',
    today: '이번 주',
    choose: '마우스로 시간을 선택하거나 화살표 키로 이동하십시오. Shift로 넓히고 Enter로 확정합니다.',
    hours: (day: string, from: string, to: string) => `${day} ${from}~${to}`,
    block: (when: string, where: string, reason: string) => `${when}: ${where}. ${reason}`,
    current: '현재 및 예정',
    over: '종료됨',
    noneCurrent: '현재 또는 예정된 알림 중지가 없습니다.',
    inForce: '적용 중',
    later: '예정',
    by: (author: string) => `요청: ${author}`,
    everyLevel: '모든 단계',
    upTo: (level: string) => `“${level}” 이하`,
    endNow: '지금 종료',
    remove: '이 알림 중지를 삭제할까요?',
    removeText: '아직 진행 중인 경보는 그때 알립니다. 종료된 것은 삭제하지 않으면 기록으로 남습니다.',
    kind: '시기',
    once: '한 번',
    weekly: '매주',
    start: '시작',
    end: '끝',
    startHint: '비워 두면 지금부터입니다.',
    endHint: '비워 두면 끝이 없습니다.',
    days: '요일',
    startOfDay: '시작 시각',
    endOfDay: '끝 시각',
    endOfDayHint: '시작보다 늦지 않으면 다음 날입니다.',
    zone: '시간대',
    siteTime: (zone: string) => `시각은 ${zone} 기준입니다.`,
    maxLevel: '최고 단계',
    maxLevelHint: '더 위험한 경보는 그대로 알립니다.',
    author: '요청자',
    reason: '사유',
    wouldSilence: (count: number) => `지금 진행 중인 경보 ${count}건이 해당합니다:`,
    wouldNot: '지금 진행 중인 경보 가운데 해당하는 것이 없습니다.',
    nextDay: '다음 날',
    fromOn: (at: string) => `${at}부터`,
    more: '더 보기',
  },
});

/** `Mon`; 0 is Monday. */
export function weekdayName(day: number): string {
  const format = new Intl.DateTimeFormat(i18n.language, { weekday: 'short', timeZone: 'UTC' });
  return format.format(Date.UTC(2024, 0, 1 + day)); // a Monday
}

/** `Mon, Jul 13` of `2026-07-13`. */
export function dayName(day: string): string {
  const format = new Intl.DateTimeFormat(i18n.language, {
    weekday: 'short', month: 'short', day: 'numeric', timeZone: 'UTC',
  }); // prettier-ignore
  return format.format(Date.parse(`${day}T00:00Z`));
}

/** `Mon, 7/13`: what has room above a column. */
export function shortDayName(day: string): string {
  const format = new Intl.DateTimeFormat(i18n.language, {
    weekday: 'short', month: 'numeric', day: 'numeric', timeZone: 'UTC',
  }); // prettier-ignore
  return format.format(Date.parse(`${day}T00:00Z`));
}

/** `07:30` of minutes from midnight; the end of a day is `24:00`. */
export function timeName(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
