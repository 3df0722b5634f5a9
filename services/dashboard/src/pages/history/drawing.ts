import type uPlot from 'uplot';

import { levelName } from '$/i18n/common';
import { axes, line } from '$/parts/plot';
import { colour, theme } from '$/parts/theme.svelte';

import type { Limit } from './limits';
import { show, type Column } from './show';
import type { Metric } from './view';

// Lines differ by their dashes too, so that nobody depends on their colours. All have 3:1 on the panel.
const LIGHT = ['#0b5cad', '#b3261e', '#1f7a3d', '#7a0f5e', '#9a5800', '#00717c', '#5847c2', '#55606b'];
const DARK = ['#6db3ff', '#ff8a80', '#5fd08a', '#ff8fdf', '#ffb366', '#4fd3dd', '#b3a6ff', '#b8c4cf'];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
/** How many lines can be told apart. */
export const MOST_LINES = LIGHT.length;

/** More steps than this make dashes a smear. */
const DENSE = 1_000;

/** A limit this near above the data is shown, so that one sees how much is left. */
const NEAR = 4;

export interface Look {
  colour: string;
  dash: number[];
  width: number;
}

/** How the line at an index looks: of one place maximum, average and minimum; else one for each place. */
export function lookOf(index: number, isComparison: boolean, steps: number): Look {
  const look = lookOfFew(index, isComparison);
  return steps > DENSE ? { ...look, dash: [], width: 1 } : look;
}

function lookOfFew(index: number, isComparison: boolean): Look {
  if (isComparison) {
    const colours = theme.dark ? DARK : LIGHT;
    return { colour: colours[index] ?? '', dash: DASHES[index % DASHES.length] ?? [], width: 2 };
  }
  if (index === 0) return { colour: colour('line-red'), dash: [], width: 2 };
  if (index === 1) return { colour: colour('accent'), dash: [8, 4], width: 2 };
  return { colour: colour('muted'), dash: [2, 3], width: 1 };
}

interface Drawn {
  /** They are drawn in reverse order, and so the data has to be. */
  columns: readonly Column[];
  isComparison: boolean;
  limits: readonly Limit[];
  metric: Metric;
  /** Is told of the step under the cursor, and whether a part is looked at more closely. */
  moved: (index: number) => void;
  zoomed: (from: number, to: number) => void;
  ready: (plot: uPlot) => void;
}

export function optionsOf(drawn: Drawn): Omit<uPlot.Options, 'width' | 'height'> {
  const { columns, isComparison, limits, metric } = drawn;
  return {
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 8 } },
    scales: { y: { range: (_, min, max) => rangeOf(min, max, limits) } },
    ...axes((value) => show(metric, value)),
    series: [
      {},
      ...columns.map((_, index) => {
        // The first column is drawn last: it matters most.
        const look = lookOf(columns.length - 1 - index, isComparison, columns[0]?.values.length ?? 0);
        return line({
          stroke: look.colour,
          dash: look.dash,
          width: look.width,
          points: { show: false, filter: alone, size: 5, fill: look.colour },
        });
      }),
    ],
    ...(isComparison ? {} : { bands: [{ series: [3, 1] as [number, number], fill: `${colour('accent')}22` }] }),
    hooks: {
      ready: [drawn.ready],
      setCursor: [(plot) => plot.cursor.idx != null && drawn.moved(plot.cursor.idx)],
      setScale: [(plot, key) => key === 'x' && drawn.zoomed(plot.scales['x']?.min ?? 0, plot.scales['x']?.max ?? 0)],
      drawClear: [(plot) => drawBands(plot, limits)],
      draw: [(plot) => nameLimits(plot, limits)],
    },
  };
}

/** A value between two gaps has no line: it is a point. */
function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const found: number[] = [];
  for (let at = 0; at < values.length; at++) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  }
  return found;
}

function rangeOf(min: number | null, max: number | null, limits: readonly Limit[]): [number, number] {
  if (min === null || max === null) return [0, 1];
  const next = limits.find((limit) => limit.from > max && limit.from <= max + NEAR);
  const top = next ? next.from : max;
  const space = Math.max((top - min) * 0.06, 0.5);
  return [min - space, top + space];
}

function drawBands(plot: uPlot, limits: readonly Limit[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { level, from, to } of limits) {
    const top = Math.max(edge(plot, to), bbox.top);
    const bottom = Math.min(edge(plot, from), bbox.top + bbox.height);
    if (bottom <= top) continue;
    ctx.fillStyle = colour(`line-${level}`);
    ctx.globalAlpha = 0.1;
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    ctx.globalAlpha = 0.9;
    if (isWithin(plot, from)) ctx.fillRect(bbox.left, bottom - devicePixelRatio, bbox.width, devicePixelRatio);
  }
  ctx.restore();
}

function nameLimits(plot: uPlot, limits: readonly Limit[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `600 ${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  ctx.lineWidth = 3 * devicePixelRatio;
  // Whatever line is beneath, the word can be read.
  ctx.strokeStyle = colour('panel');
  ctx.fillStyle = colour('text');
  // The worst first: where two are too close to be read, the milder one has no word.
  let above = -Infinity;
  for (const { level, from } of limits.toReversed()) {
    if (!isWithin(plot, from) || edge(plot, from) - above < 12 * devicePixelRatio) continue;
    above = edge(plot, from);
    const place: [number, number] = [
      bbox.left + bbox.width - 4 * devicePixelRatio,
      edge(plot, from) - devicePixelRatio,
    ];
    ctx.strokeText(levelName(level), ...place);
    ctx.fillText(levelName(level), ...place);
  }
  ctx.restore();
}

function isWithin(plot: uPlot, value: number): boolean {
  return value > (plot.scales['y']?.min ?? Infinity) && value < (plot.scales['y']?.max ?? -Infinity);
}

function edge(plot: uPlot, value: number): number {
  if (Number.isFinite(value)) return plot.valToPos(value, 'y', true);
  return value > 0 ? -Infinity : Infinity;
}
