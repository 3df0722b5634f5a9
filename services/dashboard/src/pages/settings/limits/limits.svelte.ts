import { createClient } from '@connectrpc/connect';
import { timestampMs } from '@bufbuild/protobuf/wkt';

import { MappingService, type Mapping } from '$gen/montrg/thresholds/v1/mapping_service_pb';
import { ThresholdService, type Threshold } from '$gen/montrg/thresholds/v1/threshold_service_pb';
import { failure, type Failure } from '$/api/errors';
import { everything } from '$/api/everything';
import { transport } from '$/api/transport';
import { METRICS, type Band, type Mapped, type Metric } from '$/model/ladder';
import { changes, inOrder, rebased, type Change } from '$/model/ladder-draft';
import { asLevel } from '$/model/levels';

const thresholds = createClient(ThresholdService, transport);
const mappings = createClient(MappingService, transport);

type ByMetric = Record<Metric, readonly Band[]>;
const nothing = (): ByMetric => ({ pcv_temperature: [], temperature: [], humidity: [] });

/** What became of a save that did not go through. */
export interface Broken {
  done: Change[];
  failed: Change;
  left: Change[];
  failure: Failure;
}

/** The limits as they are saved, and as they are drawn. A draft stays while other pages are looked at. */
class Limits {
  saved: ByMetric = $state.raw(nothing());
  draft: ByMetric = $state.raw(nothing());
  mapped: readonly Mapped[] = $state.raw([]);
  /** What the service finds in the saved ones, in its words. */
  findings: readonly string[] = $state.raw([]);
  known = $state(false);
  problem: Failure | undefined = $state.raw();
  saving = $state(false);
  broken: Broken | undefined = $state.raw();

  #made = 0;

  isDirty(metric: Metric): boolean {
    return changes(this.saved[metric], this.draft[metric]).length > 0;
  }

  get dirty(): boolean {
    return (Object.keys(METRICS) as Metric[]).some((metric) => this.isDirty(metric));
  }

  /** A key for a band that is not saved yet. */
  newKey(): string {
    this.#made += 1;
    return `new-${this.#made}`;
  }

  set(metric: Metric, bands: readonly Band[]): void {
    this.draft = { ...this.draft, [metric]: bands };
    this.broken = undefined;
  }

  discard(metric: Metric): void {
    this.set(metric, this.saved[metric]);
  }

  /** Reads what is saved; what is drawn and not saved stays. */
  async load(metric: Metric): Promise<void> {
    try {
      const [bands, mapped] = await Promise.all([allBands(), allMappings()]);
      this.draft = {
        pcv_temperature: rebased(this.saved.pcv_temperature, this.draft.pcv_temperature, bands.pcv_temperature),
        temperature: rebased(this.saved.temperature, this.draft.temperature, bands.temperature),
        humidity: rebased(this.saved.humidity, this.draft.humidity, bands.humidity),
      };
      this.saved = bands;
      this.mapped = mapped;
      this.problem = undefined;
      this.known = true;
      await this.check(metric);
    } catch (error) {
      this.problem = failure(error);
    }
  }

  async check(metric: Metric): Promise<void> {
    try {
      const found = await thresholds.checkThresholds({ thresholdType: metric });
      this.findings = [...found.gaps, ...found.overlaps].map((finding) => finding.message);
    } catch (error) {
      this.problem = failure(error);
    }
  }

  /** Saves what has changed, one after the other. What goes wrong in the middle leaves the rest in the draft. */
  async save(metric: Metric): Promise<boolean> {
    const left = inOrder(this.saved[metric], this.draft[metric], metric);
    const done: Change[] = [];
    this.saving = true;
    this.broken = undefined;
    try {
      for (let change = left.shift(); change; change = left.shift()) {
        try {
          this.#take(metric, change, await sent(metric, change));
        } catch (error) {
          this.broken = { done, failed: change, left, failure: failure(error) };
          return false;
        }
        done.push(change);
      }
      return true;
    } finally {
      this.saving = false;
      await this.check(metric);
    }
  }

  #take(metric: Metric, { kind, band }: Change, answer: Band | undefined): void {
    const others = this.saved[metric].filter((one) => one.key !== band.key);
    this.saved = { ...this.saved, [metric]: answer ? [...others, answer] : others };
    if (kind === 'delete' || !answer) return;
    const draft = this.draft[metric].map((one) => (one.key === band.key ? answer : one));
    this.draft = { ...this.draft, [metric]: draft };
  }
}

async function sent(metric: Metric, change: Change): Promise<Band | undefined> {
  const { band } = change;
  if (change.kind === 'delete') {
    await thresholds.deleteThreshold({ thresholdId: band.id });
    return undefined;
  }
  const threshold = {
    level: band.level,
    mappedOnly: band.mappedOnly,
    ...(Number.isFinite(band.low) && { minValue: band.low }),
    ...(Number.isFinite(band.high) && { maxValue: band.high }),
  };
  if (change.kind === 'create') {
    return asBand(await thresholds.createThreshold({ threshold: { ...threshold, thresholdType: metric } }));
  }
  // A field that the mask names and that is not set is cleared, which opens the end.
  const paths = change.fields.map((field) => FIELDS[field]);
  return asBand(await thresholds.updateThreshold({ thresholdId: band.id, threshold, updateMask: { paths } }));
}

const FIELDS = { level: 'level', low: 'min_value', high: 'max_value', mappedOnly: 'mapped_only' } as const;

/** All bands by their metric. */
export async function allBands(): Promise<ByMetric> {
  const all = await everything(
    (page) => thresholds.listThresholds(page),
    (page) => page.thresholds,
  );
  const of = (metric: Metric) => all.filter((one) => one.thresholdType === metric).map(asBand);
  return { pcv_temperature: of('pcv_temperature'), temperature: of('temperature'), humidity: of('humidity') };
}

async function allMappings(): Promise<Mapped[]> {
  const all = await everything(
    (page) => mappings.listMappings(page),
    (page) => page.mappings,
  );
  return all.map(asMapped);
}

function asBand(threshold: Threshold): Band {
  return {
    key: String(threshold.thresholdId),
    id: threshold.thresholdId,
    level: asLevel(threshold.level) ?? 'green',
    low: threshold.minValue ?? -Infinity,
    high: threshold.maxValue ?? Infinity,
    mappedOnly: threshold.mappedOnly ?? false,
    source: threshold.source,
  };
}

/** A mapping as the judge takes it. */
export function asMapped(mapping: Mapping): Mapped {
  return {
    sensorId: mapping.sensorId ?? '',
    bandId: mapping.thresholdId ?? 0,
    enabled: mapping.enabled ?? true,
    from: mapping.validFrom ? timestampMs(mapping.validFrom) : -Infinity,
    to: mapping.validTo ? timestampMs(mapping.validTo) : Infinity,
  };
}

export const limits = new Limits();
