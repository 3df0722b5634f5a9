import { LEVELS, severity, worse, type Level } from './levels';

/** What limits are about, by its name in the contract, and between which values they may lie. */
export const METRICS = {
  pcv_temperature: { least: -100, most: 200 },
  temperature: { least: -100, most: 200 },
  humidity: { least: 0, most: 100 },
} as const;
export type Metric = keyof typeof METRICS;

/** A range of values and its level. */
export interface Band {
  /** Tells it from all others, also before it is saved. */
  key: string;
  /** Its id at the service; 0 until it is saved. */
  id: number;
  level: Level;
  /** Inclusive; infinite where open. */
  low: number;
  /** Exclusive; infinite where open. */
  high: number;
  /** Whether it holds for the sensors alone that are mapped to it. */
  mappedOnly: boolean;
  /** The rule pack that brought it; empty for a person's. */
  source: string;
}

/** Values that no band holds between two bands, or that two bands of different levels hold. */
export interface Finding {
  kind: 'gap' | 'overlap';
  low: number;
  high: number;
  /** The two bands beside the gap, or in the overlap. */
  bands: [Band, Band];
}

/** Ties one sensor to one band. Times in ms; infinite where open, the end exclusive. */
export interface Mapped {
  sensorId: string;
  bandId: number;
  enabled: boolean;
  from: number;
  to: number;
}

/**
 * Gives a value its level as the services do: within several bands, or in a gap between two, the higher one. Beyond the
 * last band the level goes on where the ladder rises outward, and is green where it falls. Undefined without bands.
 */
export function judge(value: number, bands: readonly Band[]): Level | undefined {
  if (!bands.length) return undefined;
  const inside = bands.filter((band) => band.low <= value && value < band.high);
  if (inside.length) return worst(inside);
  const below = bands.filter((band) => band.high <= value).sort((a, b) => b.high - a.high)[0];
  const above = bands.filter((band) => band.low > value).sort((a, b) => a.low - b.low)[0];
  if (below && above) return worst([below, above]);
  return below ? beyondTheTop(bands) : beyondTheBottom(bands);
}

function worst(bands: readonly Band[]): Level | undefined {
  return bands.reduce<Level | undefined>((level, band) => worse(level, band.level), undefined);
}

function beyondTheTop(bands: readonly Band[]): Level | undefined {
  const ordered = [...bands].sort((a, b) => a.high - b.high);
  const [last, next] = [ordered.at(-1), ordered.at(-2)];
  // A single band says which way its ladder goes by the side on which it is open.
  const isRising = next ? severity(last?.level) >= severity(next.level) : (last?.low ?? 0) > -Infinity;
  return isRising ? last?.level : 'green';
}

function beyondTheBottom(bands: readonly Band[]): Level | undefined {
  const [first, next] = [...bands].sort((a, b) => a.low - b.low);
  return next && severity(first?.level) > severity(next.level) ? first?.level : 'green';
}

/** The bands that judge a sensor at a moment: its own while one is valid, or else those that hold everywhere. */
export function bandsOf(sensorId: string, bands: readonly Band[], mapped: readonly Mapped[], at: number): Band[] {
  const ids = new Set(
    mapped
      .filter((one) => one.sensorId === sensorId && one.enabled && one.from <= at && at < one.to)
      .map((one) => one.bandId),
  );
  const own = bands.filter((band) => band.id && ids.has(band.id)).sort((a, b) => a.id - b.id);
  return own.length ? own : common(bands);
}

/** The bands that hold for every sensor without its own, by their ids: where two end at one value, the order counts. */
export function common(bands: readonly Band[]): Band[] {
  return bands.filter((band) => !band.mappedOnly).sort((a, b) => order(a.id || Infinity, b.id || Infinity));
}

// The difference of two infinities is no number.
function order(one: number, other: number): number {
  return one === other ? 0 : one - other;
}

/** Finds gaps and overlaps among the bands that hold everywhere, as the service does. */
export function check(bands: readonly Band[]): Finding[] {
  const gaps: Finding[] = [];
  const overlaps: Finding[] = [];
  let reach: Band | undefined; // the band that reaches highest so far
  const ordered = common(bands).sort((a, b) => order(a.low, b.low) || order(a.high, b.high));
  for (const [index, band] of ordered.entries()) {
    if (reach && band.low > reach.high) {
      gaps.push({ kind: 'gap', low: reach.high, high: band.low, bands: [reach, band] });
    }
    for (const other of ordered.slice(0, index)) {
      if (other.level === band.level || band.low >= other.high) continue;
      overlaps.push({
        kind: 'overlap',
        low: Math.max(other.low, band.low),
        high: Math.min(other.high, band.high),
        bands: [other, band],
      });
    }
    if (!reach || band.high > reach.high) reach = band;
  }
  return [...gaps, ...overlaps];
}

/** A range of values of one level. */
export interface Step {
  low: number;
  high: number;
  level: Level;
}

/** The levels of all values, from the lowest on: what the bands come to. */
export function steps(bands: readonly Band[]): Step[] {
  const edges = [...new Set(bands.flatMap((band) => [band.low, band.high]).filter(Number.isFinite))].sort(
    (a, b) => a - b,
  );
  const found: Step[] = [];
  for (const [index, low] of [-Infinity, ...edges].entries()) {
    const high = edges[index] ?? Infinity;
    // Between two edges all values are of one level, and an edge is of the level above it.
    const level = judge(low === -Infinity ? (edges[0] ?? 0) - 1 : low, bands);
    const last = found.at(-1);
    if (!level) continue;
    if (last?.level === level) last.high = high;
    else found.push({ low, high, level });
  }
  return found;
}

/** From where on the law asks for something, and the level that says so, in perceived temperature. */
export const LAW: readonly { from: number; level: Level }[] = [
  { from: 31, level: 'yellow' },
  { from: 33, level: 'orange' },
];

/** A limit of the law that comes too late: from `from` to `to` the level is only `level`. */
export interface Late {
  from: number;
  to: number;
  level: Level;
  asked: Level;
}

/** The limits of the law above which the bands say less than it asks. */
export function laterThanLaw(bands: readonly Band[]): Late[] {
  const all = steps(common(bands));
  return LAW.flatMap(({ from, level: asked }) => {
    const low = all.filter((step) => step.high > from && severity(step.level) < severity(asked));
    const [first, last] = [low[0], low.at(-1)];
    return first && last ? [{ from: Math.max(from, first.low), to: last.high, level: first.level, asked }] : [];
  });
}

/** A value that is measured now. */
export interface Measured {
  sensorId: string;
  place: string;
  value: number;
}

/** A place whose level is another one by the new bands. */
export interface Shift {
  place: string;
  before: Level | undefined;
  after: Level | undefined;
}

/** Tells which places would change their level now, those that rise most first. */
export function shifts(
  measured: readonly Measured[],
  before: readonly Band[],
  after: readonly Band[],
  mapped: readonly Mapped[],
  at: number,
): Shift[] {
  const places = new Map<string, Shift>();
  const own = new Map<string, Mapped[]>();
  for (const one of mapped) own.set(one.sensorId, [...(own.get(one.sensorId) ?? []), one]);
  const [commonBefore, commonAfter] = [common(before), common(after)];
  for (const { sensorId, place, value } of measured) {
    const its = own.get(sensorId);
    const shift = places.get(place) ?? { place, before: undefined, after: undefined };
    shift.before = worse(shift.before, judge(value, its ? bandsOf(sensorId, before, its, at) : commonBefore));
    shift.after = worse(shift.after, judge(value, its ? bandsOf(sensorId, after, its, at) : commonAfter));
    places.set(place, shift);
  }
  return [...places.values()]
    .filter((shift) => shift.before !== shift.after)
    .sort((a, b) => severity(b.after) - severity(b.before) - severity(a.after) + severity(a.before));
}

/** The level after this one, or the highest. */
export function nextLevel(level: Level | undefined): Level {
  return LEVELS[Math.min(severity(level) + 1, LEVELS.length - 1)] ?? 'critical';
}
