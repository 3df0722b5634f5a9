import { common, levelName } from '$/i18n/common';
import { degrees, number } from '$/i18n/format';
import { inLanguages } from '$/i18n/index.svelte';
import type { Band, Finding, Late, Metric } from '$/model/ladder';
import { worse } from '$/model/levels';

export const words = inLanguages({
  en: {
    intro: 'From which value on is which level. They hold for every sensor without limits of its own.',
    metrics: 'What is measured',
    unsaved: 'unsaved',
    ladder: (metric: string) => `Ladder of ${metric}`,
    none: 'There are no limits for it: nothing is judged, and nobody is told.',
    together: 'Move neighbours together',
    togetherWhy: 'Otherwise each end of a band moves alone.',
    drag: 'Drag a border, or focus it and use the arrow keys (Shift: 0.5, Page keys: 1).',
    border: (below: string, above: string) => `Border between ${below} and ${above}`,
    end: (level: string) => `Upper end of ${level}`,
    begin: (level: string) => `Lower end of ${level}`,
    borderText: (value: string, below: string, above: string) => `${value}: ${below} below, ${above} from here on`,
    measuredNow: (count: number, low: string, high: string) => `${count} values are measured now, from ${low} to ${high}.`,
    values: (count: number) => (count === 1 ? '1 value' : `${count} values`),
    range: (low: string, high: string) => (low && high ? `${low} – ${high}` : low ? `from ${low}` : `below ${high}`),
    bands: 'Bands',
    mapped: 'Bands for single sensors only',
    mappedWhy: 'They hold for the sensors alone that are given them.',
    mappedOnly: 'For single sensors only',
    low: 'From (inclusive)',
    high: 'To (exclusive)',
    open: 'open',
    source: (pack: string) => `From rule pack ${pack}`,
    own: 'Made by a person',
    remove: (level: string) => `Delete the band ${level}`,
    addBand: 'Add a band',
    notANumber: 'Give a number, or leave it empty for an open end.',
    bothOpen: 'One end at least has to be given.',
    between: (least: string, most: string) => `Give ${least} to ${most}: the band, or the one beside it, would turn over.`,
    gap: (low: string, high: string, level: string) => `Gap: no band holds ${low} to ${high}. It counts as ${level}.`,
    overlap: (low: string, high: string, one: string, other: string, level: string) =>
      `Overlap: ${one} and ${other} both hold ${low} to ${high}. It counts as ${level}.`,
    lowest: 'the lowest',
    highest: 'the highest',
    fine: 'No gaps, no overlaps.',
    drafted: 'As drawn',
    serverSays: 'What is saved, as the service sees it',
    late: (from: string, level: string, asked: string, to: string) =>
      `The law asks for measures from ${from}, but up to ${to} this says only “${level}”, not “${asked}”. Nobody is told in time.`,
    lateOpen: (from: string, level: string, asked: string) =>
      `The law asks for measures from ${from}, but this says only “${level}”, not “${asked}”. Nobody is told in time.`,
    unsavedChanges: 'Unsaved changes',
    noChanges: 'Everything is saved.',
    discard: 'Discard',
    saving: 'Saving…',
    saved: 'Saved. It holds within a second.',
    created: (band: string) => `New: ${band}`,
    changed: (band: string) => `Changed: ${band}`,
    deleted: (band: string) => `Deleted: ${band}`,
    preview: 'What changes now',
    nothingNow: 'No place changes its level now.',
    placesChange: (count: number) => (count === 1 ? '1 place changes its level now.' : `${count} places change their level now.`),
    shift: (place: string, before: string, after: string) => `${place}: ${before} → ${after}`,
    more: (count: number) => `and ${count} more`,
    partly: (done: number, all: number) => `${done} of ${all} changes are saved; the rest is not, and is still here:`,
    confirm: 'Save these limits?',
    confirmDelete: (bands: string) => `These bands are deleted: ${bands}.`,
    saveAnyway: 'Save',
  },
  ko: {
    intro: '어느 값부터 어느 단계인지 정합니다. 센서별 기준이 없는 모든 센서에 적용됩니다.',
    metrics: '측정 항목',
    unsaved: '저장 안 됨',
    ladder: (metric: string) => `${metric} 기준 단계`,
    none: '기준이 없습니다. 판정하지 않으며 아무에게도 알리지 않습니다.',
    together: '이웃 구간과 함께 이동',
    togetherWhy: '끄면 구간의 끝이 하나씩 따로 움직입니다.',
    drag: '경계를 끌거나, 경계를 선택하고 화살표 키를 누르십시오(Shift: 0.5, Page 키: 1).',
    border: (below: string, above: string) => `${below}과(와) ${above}의 경계`,
    end: (level: string) => `${level} 상한`,
    begin: (level: string) => `${level} 하한`,
    borderText: (value: string, below: string, above: string) => `${value}: 미만 ${below}, 이상 ${above}`,
    measuredNow: (count: number, low: string, high: string) => `현재 측정값 ${count}개, ${low} ~ ${high}.`,
    values: (count: number) => `측정값 ${count}개`,
    range: (low: string, high: string) => (low && high ? `${low} ~ ${high}` : low ? `${low} 이상` : `${high} 미만`),
    bands: '구간',
    mapped: '개별 센서 전용 구간',
    mappedWhy: '지정된 센서에만 적용됩니다.',
    mappedOnly: '개별 센서 전용',
    low: '이상',
    high: '미만',
    open: '없음',
    source: (pack: string) => `규칙 묶음 ${pack}`,
    own: '직접 추가',
    remove: (level: string) => `${level} 구간 삭제`,
    addBand: '구간 추가',
    notANumber: '숫자를 입력하거나, 제한이 없으면 비워 두십시오.',
    bothOpen: '상한과 하한 중 하나는 입력해야 합니다.',
    between: (least: string, most: string) => `${least} ~ ${most} 사이로 입력하십시오. 구간이나 이웃 구간이 뒤집힙니다.`,
    gap: (low: string, high: string, level: string) => `빈 구간: ${low} ~ ${high}에 해당하는 구간이 없습니다. ${level}(으)로 판정합니다.`,
    overlap: (low: string, high: string, one: string, other: string, level: string) =>
      `겹침: ${one}과(와) ${other}이(가) ${low} ~ ${high}에서 겹칩니다. ${level}(으)로 판정합니다.`,
    lowest: '최저',
    highest: '최고',
    fine: '빈 구간과 겹침이 없습니다.',
    drafted: '현재 편집 내용',
    serverSays: '저장된 기준에 대한 서비스 점검 결과',
    late: (from: string, level: string, asked: string, to: string) =>
      `법에서는 ${from}부터 조치를 요구하지만, ${to}까지 “${asked}”이(가) 아닌 “${level}”(으)로만 판정합니다. 제때 알릴 수 없습니다.`,
    lateOpen: (from: string, level: string, asked: string) =>
      `법에서는 ${from}부터 조치를 요구하지만, “${asked}”이(가) 아닌 “${level}”(으)로만 판정합니다. 제때 알릴 수 없습니다.`,
    unsavedChanges: '저장하지 않은 변경',
    noChanges: '모두 저장되었습니다.',
    discard: '되돌리기',
    saving: '저장 중…',
    saved: '저장했습니다. 1초 안에 적용됩니다.',
    created: (band: string) => `추가: ${band}`,
    changed: (band: string) => `변경: ${band}`,
    deleted: (band: string) => `삭제: ${band}`,
    preview: '지금 달라지는 곳',
    nothingNow: '지금 단계가 바뀌는 장소는 없습니다.',
    placesChange: (count: number) => `장소 ${count}곳의 단계가 지금 바뀝니다.`,
    shift: (place: string, before: string, after: string) => `${place}: ${before} → ${after}`,
    more: (count: number) => `외 ${count}곳`,
    partly: (done: number, all: number) => `변경 ${all}건 중 ${done}건만 저장되었습니다. 나머지는 저장되지 않았고 화면에 남아 있습니다:`,
    confirm: '이 기준을 저장할까요?',
    confirmDelete: (bands: string) => `삭제되는 구간: ${bands}`,
    saveAnyway: '저장',
  },
}); // prettier-ignore

/** `31.0 °C`, `80.0 %`. */
export function withUnit(value: number, metric: Metric): string {
  return metric === 'humidity' ? `${number(value, 1)} %` : `${degrees(value)} °C`;
}

/** The range of a band: `31.0 – 33.0 °C`, `from 38.0 °C`. */
export function rangeOf(low: number, high: number, metric: Metric): string {
  const said = (value: number) => (Number.isFinite(value) ? withUnit(value, metric) : '');
  const isBoth = Number.isFinite(low) && Number.isFinite(high);
  return words().range(isBoth ? degrees(low) : said(low), said(high));
}

/** What is wrong with a limit that comes later than the law's. */
export function lateWords({ from, to, level, asked }: Late): string {
  const said = (value: number) => withUnit(value, 'pcv_temperature');
  // A range that goes on without an end has no value to name.
  return Number.isFinite(to)
    ? words().late(said(from), levelName(level), levelName(asked), said(to))
    : words().lateOpen(said(from), levelName(level), levelName(asked));
}

/** A gap or an overlap, and what it comes to. */
export function findingWords({ kind, low, high, bands: [one, other] }: Finding, metric: Metric): string {
  const from = Number.isFinite(low) ? withUnit(low, metric) : words().lowest;
  const to = Number.isFinite(high) ? withUnit(high, metric) : words().highest;
  const level = levelName(worse(one.level, other.level));
  return kind === 'gap'
    ? words().gap(from, to, level)
    : words().overlap(from, to, levelName(one.level), levelName(other.level), level);
}

/** What of a sensor each metric is, which is also what it is called. */
export const MEASURED = { pcv_temperature: 'perceived', temperature: 'temperature', humidity: 'humidity' } as const;

/** What a metric is called. */
export function metricName(metric: Metric): string {
  return common()[MEASURED[metric]];
}

/** `Caution, 33.0 – 35.0 °C`. */
export function bandWords(band: Band, metric: Metric): string {
  return `${levelName(band.level)}, ${rangeOf(band.low, band.high, metric)}`;
}
