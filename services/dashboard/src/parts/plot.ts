import type uPlot from 'uplot';

import { settings } from '$/api/settings';
import { i18n } from '$/i18n/index.svelte';

import { colour } from './theme.svelte';

// Values are read when something is drawn, so that they are those of the theme.

/** The axes of time and of a value, in the page's colours and language. */
export function axes(show: (value: number) => string): Pick<uPlot.Options, 'axes' | 'fmtDate'> {
  const look = {
    stroke: () => colour('muted'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  return {
    axes: [
      {
        ...look,
        size: 30,
        values: (_, splits, __, ___, step) => splits.map((at) => (at === null ? '' : timeOf(at, step))),
      },
      { ...look, size: 44, values: (_, splits) => splits.map(show) },
    ],
  };
}

/** A line in the page's accent colour. Gaps stay gaps; what stands alone between two of them is a dot. */
export function line(more: Partial<uPlot.Series> = {}): uPlot.Series {
  const points: uPlot.Series.Points = { show: true, size: 5, width: 0, fill: () => colour('accent'), filter: alone };
  return { stroke: () => colour('accent'), width: 2, points, spanGaps: false, ...more };
}

function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const isThere = (at: number) => values[at] !== null && values[at] !== undefined;
  return Array.from(values.keys()).filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1));
}

function timeOf(seconds: number, step: number): string {
  const time = step < 86_400 ? written(seconds, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }) : '';
  // Where a day begins among hours, one wants to know which.
  if (time && time !== '00:00') return time;
  return written(
    seconds,
    step < 28 * 86_400 ? { month: 'numeric', day: 'numeric' } : { year: 'numeric', month: 'numeric' },
  );
}

function written(seconds: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(i18n.language, { timeZone: settings.time_zone, ...options }).format(seconds * 1000);
}
