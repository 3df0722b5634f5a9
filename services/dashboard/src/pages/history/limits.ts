import { timestampMs } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';

import { MappingService, type Mapping } from '$gen/montrg/thresholds/v1/mapping_service_pb';
import { ThresholdService } from '$gen/montrg/thresholds/v1/threshold_service_pb';
import { now } from '$/api/clock';
import { transport } from '$/api/transport';
import { asLevel, severity, type Level } from '$/model/levels';

import type { Metric } from './view';

const thresholds = createClient(ThresholdService, transport);
const mappings = createClient(MappingService, transport);
const ALL = 1_000;

/** A band of values and its level; a side without an end is infinite. */
export interface Limit {
  level: Level;
  from: number;
  to: number;
}

/** Reads the limits that hold now: of a sensor its own, where it has any; else those that hold for all. */
export async function loadLimits(metric: Metric, sensorId: string | undefined, signal: AbortSignal): Promise<Limit[]> {
  const [known, mapped] = await Promise.all([
    thresholds.listThresholdsByType({ thresholdType: metric, limit: ALL }, { signal }),
    sensorId ? mappings.listSensorMappings({ sensorId, limit: ALL }, { signal }) : undefined,
  ]);
  const own = new Set(mapped?.mappings.filter((one) => holds(one, now())).map((one) => one.thresholdId));
  const ownLimits = known.thresholds.filter((one) => own.has(one.thresholdId));
  const holding = ownLimits.length ? ownLimits : known.thresholds.filter((one) => !one.mappedOnly);
  return holding
    .flatMap((one) => {
      const level = asLevel(one.level);
      return level ? [{ level, from: one.minValue ?? -Infinity, to: one.maxValue ?? Infinity }] : [];
    })
    .filter((limit) => severity(limit.level) > 0)
    .sort((a, b) => a.from - b.from);
}

function holds(mapping: Mapping, at: number): boolean {
  if (!mapping.enabled) return false;
  if (mapping.validFrom && timestampMs(mapping.validFrom) > at) return false;
  return !mapping.validTo || timestampMs(mapping.validTo) > at;
}
