import { createClient } from '@connectrpc/connect';

import { LocationService, type Location } from '$gen/montrg/location/v1/location_service_pb';
import { failure, type Failure } from '$/api/errors';
import { everything } from '$/api/everything';
import { transport } from '$/api/transport';

const client = createClient(LocationService, transport);

/** A place, also one without sensors. */
export interface Site {
  locId: string;
  plant: string;
  factory: string;
  building: string;
  floor: number;
  area: string;
  sensors: number;
}

/** All places: a sensor is put at any of them. */
class Sites {
  all: readonly Site[] = $state.raw([]);
  known = $state(false);
  failure: Failure | undefined = $state.raw();

  byId = $derived(new Map(this.all.map((site) => [site.locId, site])));

  async load(): Promise<void> {
    try {
      // Of a place each of its sensors is an entry, and it is one itself where it has none.
      const entries = await everything(
        (page) => client.listSensorLocations(page),
        (page) => page.locations,
      );
      const found = new Map<string, Site>();
      for (const { sensorId, locId, plant, factory, building, floor, area } of entries) {
        const site = found.get(locId) ?? { locId, plant, factory, building, floor, area, sensors: 0 };
        if (sensorId) site.sensors += 1;
        found.set(locId, site);
      }
      this.all = [...found.values()];
      this.failure = undefined;
      this.known = true;
    } catch (error) {
      this.failure = failure(error);
    }
  }

  /** Takes the answer of a call that made or changed one. */
  put({ locId = '', plant = '', factory = '', building = '', floor = 0, area = '' }: Location): void {
    const sensors = this.byId.get(locId)?.sensors ?? 0;
    const others = this.all.filter((site) => site.locId !== locId);
    this.all = [...others, { locId, plant, factory, building, floor, area, sensors }].sort((a, b) =>
      a.locId < b.locId ? -1 : 1,
    );
  }

  async remove(locId: string): Promise<void> {
    await client.deleteLocation({ locId });
    this.all = this.all.filter((site) => site.locId !== locId);
  }
}

export const sites = new Sites();
