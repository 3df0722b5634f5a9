import { createClient } from '@connectrpc/connect';
import { timestampMs } from '@bufbuild/protobuf/wkt';

import {
  Measurement_Quality as Quality,
  RealtimeService,
  WatchMeasurementsResponse_Kind as Kind,
  type Measurement,
  type Metric,
  type WatchMeasurementsResponse,
} from '$gen/montrg/realtime/v1/realtime_service_pb';
import { transport } from '$/api/transport';
import { asLevel } from '$/model/levels';
import { buildTree, type Place, type Sensor, type Value } from '$/model/places';

import { Follower } from './follower.svelte';

const client = createClient(RealtimeService, transport);

const EVERY_MS = 250;

/** What is measured now, everywhere. */
class Measurements {
  /** Every sensor by its id; replaced as a whole when anything changes. */
  sensors: ReadonlyMap<string, Sensor> = $state.raw(new Map());
  /** All places, with the worst level rolled up. */
  tree: Place = $derived.by(() => (this.#before = buildTree(this.sensors.values(), this.#before)));

  #before: Place | undefined;
  #known = new Map<string, Sensor>();
  #scheduled = false;
  #drawn = -EVERY_MS;

  link = new Follower<WatchMeasurementsResponse>(
    // A stream has no end, so no deadline either.
    (resumeToken, signal) => client.watchMeasurements({ resumeToken }, { signal, timeoutMs: 0 }),
    (message) => this.#take(message),
  );

  #take(message: WatchMeasurementsResponse): void {
    if (message.kind !== Kind.SNAPSHOT && message.kind !== Kind.CHANGES) return;
    if (message.kind === Kind.SNAPSHOT) this.#known.clear();
    for (const gone of message.removed) this.#known.delete(gone);
    for (const measurement of message.measurements) this.#known.set(measurement.sensorId, sensor(measurement));
    this.#show();
  }

  /** However many messages come, the page is drawn no oftener than people read, and at once after a quiet moment. */
  #show(): void {
    if (this.#scheduled) return;
    const wait = this.#drawn + EVERY_MS - performance.now();
    if (wait <= 0) return this.#draw();
    this.#scheduled = true;
    // A page that nobody sees has no frames, so none is waited for.
    setTimeout(() => this.#draw(), wait);
  }

  #draw(): void {
    this.#scheduled = false;
    this.#drawn = performance.now();
    this.sensors = new Map(this.#known);
  }
}

const QUALITIES = {
  [Quality.QUALITY_UNSPECIFIED]: 'stale',
  [Quality.GOOD]: 'good',
  [Quality.SUSPECT]: 'suspect',
  [Quality.STALE]: 'stale',
} as const;

function sensor(from: Measurement): Sensor {
  const { location: place, metrics } = from;
  return {
    id: from.sensorId,
    captured: from.captureTime ? timestampMs(from.captureTime) : 0,
    quality: QUALITIES[from.quality],
    reason: from.qualityReason ?? '',
    locId: place?.locId ?? '',
    plant: place?.plant ?? '',
    factory: place?.factory ?? '',
    building: place?.building ?? '',
    floor: place?.floor,
    area: place?.area ?? '',
    perceived: value(metrics?.pcvTemperature),
    temperature: value(metrics?.temperature),
    humidity: value(metrics?.humidity),
  };
}

function value(from: Metric | undefined): Value | undefined {
  return from && { value: from.value, level: asLevel(from.level) };
}

export const measurements = new Measurements();
