import { METRICS, type Metric } from './ladder';

/** Which values are on a scale. */
export interface View {
  low: number;
  high: number;
}

const USUAL: View = { low: 20, high: 45 };
const STEPS = [1, 2, 5, 10, 20, 50];
const MOST_TICKS = 16;

/** A scale with room for these values, in whole fives, so that it does not move with each measurement. */
export function fitted(values: readonly number[], metric: Metric): View {
  const { least, most } = METRICS[metric];
  // All that humidity can be is seen at once.
  if (metric === 'humidity') return { low: least, high: most };
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return USUAL;
  const [low, high] = finite.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  return {
    low: Math.max(least, Math.floor((low - 2) / 5) * 5),
    high: Math.min(most, Math.ceil((high + 2) / 5) * 5),
  };
}

/** The values that are written beside a scale. */
export function ticks({ low, high }: View): number[] {
  const step = STEPS.find((each) => (high - low) / each <= MOST_TICKS) ?? 50;
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, index) => first + index * step);
}

/** How often each tenth on the scale is measured, from the lowest on. */
export function marks(values: readonly number[], { low, high }: View): [number, number][] {
  const counts = new Map<number, number>();
  for (const value of values) {
    const at = Math.round(value * 10) / 10;
    if (at >= low && at <= high) counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}
