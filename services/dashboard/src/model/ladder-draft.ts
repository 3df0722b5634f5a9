import { check, common, judge, METRICS, nextLevel, type Band, type Metric } from './ladder';
import { severity } from './levels';

/** One end of a band. */
export interface Edge {
  key: string;
  side: 'low' | 'high';
}

/** A value at which bands end or begin, and what of them is moved with it. */
export interface Border {
  value: number;
  edges: Edge[];
}

/** Limits are read and set to a tenth. */
export const TENTH = 0.1;

const rounded = (value: number) => Math.round(value * 10) / 10;

/** The borders from the lowest on. Apart, each end of a band is a border of its own. */
export function borders(bands: readonly Band[], joined: boolean): Border[] {
  const found: Border[] = [];
  for (const band of common(bands)) {
    for (const side of ['low', 'high'] as const) {
      if (!Number.isFinite(band[side])) continue;
      const edge = { key: band.key, side };
      const same = joined ? found.find((border) => border.value === band[side]) : undefined;
      if (same) same.edges.push(edge);
      else found.push({ value: band[side], edges: [edge] });
    }
  }
  // Of two at one value the end of the band below comes first.
  return found.sort((a, b) => a.value - b.value || (a.edges[0]?.side === 'high' ? -1 : 1));
}

/** How far a border may go: no band is turned over, and none leaves what the metric can have. */
export function room(bands: readonly Band[], edges: readonly Edge[], metric: Metric): { least: number; most: number } {
  let { least, most }: { least: number; most: number } = METRICS[metric];
  for (const { key, side } of edges) {
    const band = bands.find((one) => one.key === key);
    if (!band) continue;
    if (side === 'high') least = Math.max(least, rounded(band.low + TENTH));
    else most = Math.min(most, rounded(band.high - TENTH));
  }
  return { least, most };
}

/** Moves a border as far as it may go. */
export function moved(bands: readonly Band[], edges: readonly Edge[], to: number, metric: Metric): Band[] {
  const { least, most } = room(bands, edges, metric);
  const value = Math.min(most, Math.max(least, rounded(to)));
  return bands.map((band) =>
    edges.filter((edge) => edge.key === band.key).reduce((one, { side }) => ({ ...one, [side]: value }), band),
  );
}

// Where the first limit of a metric without any stands at first.
const FIRST: Record<Metric, number> = { pcv_temperature: 31, temperature: 33, humidity: 80 };
const WIDTH = 2;

/** Adds a band: into the first gap, or else above the topmost one. */
export function added(bands: readonly Band[], metric: Metric, key: string): Band[] {
  const made = { key, id: 0, mappedOnly: false, source: '', high: Infinity };
  const all = common(bands);
  const gap = check(all).find((finding) => finding.kind === 'gap');
  if (gap) return [...bands, { ...made, level: gap.bands[1].level, low: gap.low, high: gap.high }];
  const top = all.reduce<Band | undefined>((best, band) => (best && best.high > band.high ? best : band), undefined);
  if (!top) return [...bands, { ...made, level: 'yellow', low: FIRST[metric] }];
  const { most } = METRICS[metric];
  const low = Math.min(
    Number.isFinite(top.high) ? top.high : Math.max(top.low, FIRST[metric] - WIDTH) + WIDTH,
    most - TENTH,
  );
  const level = nextLevel(top.level);
  return [...bands.map((band) => (band === top ? { ...band, high: low } : band)), { ...made, level, low }];
}

/** A change at the service. */
export type Change =
  | { kind: 'create'; band: Band }
  | { kind: 'update'; band: Band; fields: ('level' | 'low' | 'high' | 'mappedOnly')[] }
  | { kind: 'delete'; band: Band };

/** What of a draft is not saved, in no order. */
export function changes(saved: readonly Band[], draft: readonly Band[]): Change[] {
  const before = new Map(saved.map((band) => [band.key, band]));
  const kept = new Set(draft.map((band) => band.key));
  const made = draft.flatMap((band): Change[] => {
    const old = before.get(band.key);
    if (!old) return [{ kind: 'create', band }];
    const fields = (['level', 'low', 'high', 'mappedOnly'] as const).filter((name) => old[name] !== band[name]);
    return fields.length ? [{ kind: 'update', band, fields }] : [];
  });
  return [...made, ...saved.filter((band) => !kept.has(band.key)).map((band): Change => ({ kind: 'delete', band }))];
}

/** A draft on what is saved now: what nobody drew is as saved, and what somebody drew stays drawn. */
export function rebased(before: readonly Band[], draft: readonly Band[], now: readonly Band[]): Band[] {
  const drawn = new Map(changes(before, draft).map((change) => [change.band.key, change]));
  const known = new Set(before.map((band) => band.key));
  const present = new Set(now.map((band) => band.key));
  const kept = now.flatMap((band) => {
    const change = drawn.get(band.key);
    if (change?.kind === 'delete') return [];
    return [change ? change.band : band];
  });
  // One that was deleted meanwhile is gone, and not made again; a new one is still to be made.
  return [...kept, ...draft.filter((band) => !known.has(band.key) && !present.has(band.key))];
}

/**
 * Puts the changes in an order in which the bands are safe at each moment between: at each step comes the change after
 * which the fewest values are judged lower than both before all and after all, then that which leaves the smallest
 * gaps, then the smallest overlaps.
 */
export function inOrder(saved: readonly Band[], draft: readonly Band[], metric: Metric): Change[] {
  const left = changes(saved, draft);
  const done: Change[] = [];
  let now = [...saved];
  while (left.length) {
    const tried = left.map((change) => ({ change, harm: harm(applied(now, change), saved, draft, metric) }));
    const best = tried.reduce((one, other) => (less(other.harm, one.harm) ? other : one));
    now = applied(now, best.change);
    done.push(best.change);
    left.splice(left.indexOf(best.change), 1);
  }
  return done;
}

/** The bands after a change. */
export function applied(bands: readonly Band[], change: Change): Band[] {
  const others = bands.filter((band) => band.key !== change.band.key);
  return change.kind === 'delete' ? others : [...others, change.band];
}

function harm(now: readonly Band[], saved: readonly Band[], draft: readonly Band[], metric: Metric): number[] {
  const [during, before, after] = [common(now), common(saved), common(draft)];
  const { least, most } = METRICS[metric];
  const edges = [...during, ...before, ...after].flatMap((band) => [band.low, band.high]);
  const at = [...new Set([least, ...edges.filter((value) => value > least && value < most), most])].sort(
    (a, b) => a - b,
  );
  const lower = at.slice(0, -1).reduce((sum, low, index) => {
    const aim = Math.min(severity(judge(low, before)), severity(judge(low, after)));
    return severity(judge(low, during)) < aim ? sum + (at[index + 1] ?? low) - low : sum;
  }, 0);
  const width = (kind: 'gap' | 'overlap') =>
    check(during)
      .filter((finding) => finding.kind === kind)
      .reduce((sum, { low, high }) => sum + Math.min(high, most) - Math.max(low, least), 0);
  return [lower, width('gap'), width('overlap')];
}

function less(one: number[], other: number[]): boolean {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index >= 0 && (one[index] ?? 0) < (other[index] ?? 0);
}
