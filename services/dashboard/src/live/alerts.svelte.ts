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
  /** Is told of every alert that was raised or rose while the page was open. */
  onRise: (alert: Alert) => void = () => {};

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
    for (const alert of message.alerts) {
      const before = this.#known.get(alert.alertId);
      this.#keep(alert);
      const isNews = message.kind === Kind.CHANGES && alert.state !== State.CLEARED && rank(alert) > rank(before);
      if (isNews) this.onRise(alert);
    }
    this.#show();
  }

  #keep(alert: Alert): void {
    if (alert.state === State.CLEARED) this.#known.delete(alert.alertId);
    else this.#known.set(alert.alertId, alert);
  }

  #show(): void {
    this.open = [...this.#known.values()].sort((a, b) => rank(b) - rank(a) || b.alertId - a.alertId);
  }
}

function rank(alert: Alert | undefined): number {
  return alert ? severity(asLevel(alert.alertLevel)) : -1;
}

export const alerts = new Alerts();
