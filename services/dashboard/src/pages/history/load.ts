import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';

import { AggregationService, type Point } from '$gen/montrg/aggregation/v1/aggregation_service_pb';
import { now } from '$/api/clock';
import { settings } from '$/api/settings';
import { transport } from '$/api/transport';
import type { Filter } from '$/model/filters';
import { bucketing, momentsOf, type StepName } from '$/model/ranges';
import { together, type Line, type Step } from '$/model/series';

import type { Metric, View } from './view';

const client = createClient(AggregationService, transport);
const STEPS = { hour: '1h', day: '1d', month: '1mo' } as const;

export interface Total {
  steps: Step[];
  /** What the answers could not rely on. */
  degraded: string[];
}

export interface Comparison {
  lines: Line[];
  /** When the steps begin, in ms. */
  times: number[];
}

/** What to read: hours of the day are picked from hours. */
type Asked = Pick<View, 'range' | 'step' | 'metric' | 'hours'>;

function query(asked: Asked, filter: Filter) {
  const { start, end } = momentsOf(asked.range, asked.hours, settings.time_zone);
  const step: StepName = asked.hours ? 'hour' : asked.step;
  return {
    ...filter,
    startTime: timestampFromMs(start),
    // What is to come is no gap.
    endTime: timestampFromMs(Math.max(start + 1, Math.min(end, now()))),
    step: STEPS[step],
    metrics: [asked.metric],
  };
}

/** Reads what was measured at all that the filters hold, as one series. */
export async function loadTotal(asked: Asked, filters: readonly Filter[], signal: AbortSignal): Promise<Total> {
  const answers = await Promise.all(
    filters.map((filter) => client.queryTimeSeries({ ...query(asked, filter), groupBy: 'all' }, { signal })),
  );
  const series = answers.flatMap((answer) => answer.series);
  const steps = series.flatMap((one) => one.points.map((point) => stepOf(point, asked.metric)));
  const isMade = asked.hours !== undefined || series.length > 1;
  return {
    steps: isMade ? together(steps, bucketing(asked.range, asked.hours, asked.step, settings.time_zone)) : steps,
    degraded: [...new Set(answers.flatMap((answer) => answer.degraded))],
  };
}

/** Reads the maxima of each place, or each sensor, that the filters hold. Of a stream nothing but them is kept. */
export async function loadEach(
  asked: Asked,
  filters: readonly Filter[],
  groupBy: 'location' | 'sensor',
  signal: AbortSignal,
): Promise<Comparison> {
  const bucket = bucketing(asked.range, asked.hours, asked.step, settings.time_zone);
  const lines = new Map<string, Line>();
  const times = new Set<number>();
  const read = async (filter: Filter) => {
    for await (const part of client.streamTimeSeries({ query: { ...query(asked, filter), groupBy } }, { signal })) {
      const key = (groupBy === 'sensor' ? part.sensorId : part.locId) ?? '';
      const line = lines.get(key) ?? { key, maxima: new Map<number, number>() };
      lines.set(key, line);
      for (const point of part.points) {
        const step = stepOf(point, asked.metric);
        const at = bucket(step.at);
        if (at === undefined) continue;
        times.add(at);
        if (step.max !== undefined) line.maxima.set(at, Math.max(step.max, line.maxima.get(at) ?? -Infinity));
      }
    }
  };
  await Promise.all(filters.map(read));
  return { lines: [...lines.values()], times: [...times].sort((a, b) => a - b) };
}

function stepOf(point: Point, metric: Metric): Step {
  const { metrics } = point;
  const at = point.startTime ? timestampMs(point.startTime) : 0;
  const { readings, suspect } = point;
  if (metric === 'humidity') {
    return { at, readings, suspect, min: metrics?.humidityMin, avg: metrics?.humidityAvg, max: metrics?.humidityMax };
  }
  const name = metric === 'temperature' ? 'temperature' : 'pcvTemperature';
  const { [`${name}Min` as const]: min, [`${name}Avg` as const]: avg, [`${name}Max` as const]: max } = metrics ?? {};
  return { at, readings, suspect, min, avg, max };
}
