import { common } from '$/i18n/common';
import { clock, day, degrees, number } from '$/i18n/format';
import type { StepName } from '$/model/ranges';

import type { Metric } from './view';

/** A value of a metric, without its unit. */
export function show(metric: Metric, value: number): string {
  return metric === 'humidity' ? number(value) : degrees(value);
}

/** The unit of a metric. */
export function unit(metric: Metric): string {
  return metric === 'humidity' ? '%' : '°C';
}

export function metricName(metric: Metric): string {
  return metric === 'pcv_temperature' ? common().perceived : common()[metric];
}

/** When a step begins, as precisely as it is long. */
export function stepTime(ms: number, step: StepName): string {
  if (step === 'hour') return `${day(ms)} ${clock(ms)}`;
  return step === 'day' ? day(ms) : day(ms).slice(0, 7);
}

/** A line of the chart, which is a column of the table too; undefined is a gap. */
export interface Column {
  key: string;
  label: string;
  values: (number | undefined)[];
}
