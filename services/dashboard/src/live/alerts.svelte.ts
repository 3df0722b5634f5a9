import { createClient } from '@connectrpc/connect';

import {
  Alert_State as State,
  AlertService,
  WatchAlertsResponse_Kind as Kind,
  type Alert,
  type WatchAlertsResponse,
} from '$gen/montrg/alert/v1/alert_service_pb';
import { transport } from '$/api/transport';
import { asLevel, severity } from '$/model/levels';

import { Follower } from './follower.svelte';

const client = createClient(AlertService, transport);

/** The alerts that are not over. */
class Alerts {
  /** By descending level, then the newest first. */
  open: readonly Alert[] = $state.raw([]);
  /** Is shown `open` whenever it has changed. */
  onChange: (open: readonly Alert[]) => void = () => {};

  #known = new Map<number, Alert>();

  link = new Follower<WatchAlertsResponse>(
    (resumeToken, signal) => client.watchAlerts({ resumeToken }, { signal, timeoutMs: 0 }),
    (message) => this.#take(message),
  );

  /** The gravest alert of a place because of a limit, if there is one. */
  ofPlace(locId: string): Alert | undefined {
    return this.open.find((alert) => alert.locId === locId && alert.alertType === 'threshold');
  }

  /** Takes the answer of a call that changed an alert, so that nobody waits for the stream to say so. */
  put(alert: Alert): void {
    const known = this.#known.get(alert.alertId);
    if (known && known.eventSeq > alert.eventSeq) return;
    this.#keep(alert);
    this.#show();
  }

  #take(message: WatchAlertsResponse): void {
    if (message.kind !== Kind.SNAPSHOT && message.kind !== Kind.CHANGES) return;
    if (message.kind === Kind.SNAPSHOT) this.#known.clear();
    message.alerts.forEach((alert) => this.#keep(alert));
    this.#show();
  }

  #keep(alert: Alert): void {
    if (alert.state === State.CLEARED) this.#known.delete(alert.alertId);
    else this.#known.set(alert.alertId, alert);
  }

  #show(): void {
    this.open = [...this.#known.values()].sort((a, b) => rank(b) - rank(a) || b.alertId - a.alertId);
    this.onChange(this.open);
  }
}

function rank(alert: Alert): number {
  return severity(asLevel(alert.alertLevel));
}

export const alerts = new Alerts();
