import { isDay, isPossible, preset, stepFor, STEPS, type Hours, type Range, type StepName } from '$/model/ranges';
import type { Day } from '$/model/zoned';

export const METRICS = ['pcv_temperature', 'temperature', 'humidity'] as const;
export type Metric = (typeof METRICS)[number];

/** What the page shows; its address says all of it. */
export interface View {
  /** The key of a place or a sensor. */
  place: string;
  range: Range;
  step: StepName;
  /** Whether a person has chosen the step; else it goes by the range. */
  isChosen: boolean;
  metric: Metric;
  /** The hours of the day that count; all, if unset. */
  hours: Hours | undefined;
  /** Whether the hottest parts stand side by side. */
  compare: boolean;
}

/** Reads an address. What it leaves out, or what cannot be, is as by default: the last seven days. */
export function readView(query: URLSearchParams, today: Day): View {
  const word = (name: string) => query.get(name) ?? '';
  const days = [word('from'), word('to') || word('from')].filter(isDay).sort();
  const range = days.length === 2 ? { from: days[0] as Day, to: days[1] as Day } : preset('week', today);
  const hours = readHours(word('hours'));
  const step = STEPS.find((name) => name === word('step') && isPossible(name, range));
  return {
    place: word('place'),
    range,
    step: step ?? stepFor(range),
    isChosen: step !== undefined,
    metric: METRICS.find((name) => name === word('metric')) ?? 'pcv_temperature',
    hours: isPossible('month', range, hours) ? hours : undefined,
    compare: word('compare') === '1',
  };
}

/** The query of a view's address. */
export function writeView(view: View): Record<string, string> {
  return {
    place: view.place,
    ...view.range,
    step: view.isChosen ? view.step : '',
    metric: view.metric === 'pcv_temperature' ? '' : view.metric,
    hours: view.hours ? `${view.hours.first}-${view.hours.last}` : '',
    compare: view.compare ? '1' : '',
  };
}

function readHours(text: string): Hours | undefined {
  const [, first, last] = /^(\d\d?)-(\d\d?)$/.exec(text)?.map(Number) ?? [];
  return first === undefined || last === undefined || first > 23 || last > 23 ? undefined : { first, last };
}
