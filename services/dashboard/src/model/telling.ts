import { Alert_State, type Alert } from '$gen/montrg/alert/v1/alert_service_pb';
import { Notification_State as State, type Notification } from '$gen/montrg/alert/v1/notification_service_pb';

import { ms } from './alerts';

// Messages are planned every few seconds, and not the moment that an alert is raised.
const PLANNED_MS = 10_000;
const WATCHED_MS = 60_000;

/** What is known of why an alert has no message; `nobody` names no cause. */
export type Untold = 'silenced' | 'shelved' | 'planned' | 'nobody';

/** Says how it comes that there is no message about an alert, as far as the alert itself tells. Pure. */
export function whyUntold(alert: Alert, at: number): Untold {
  // What held for one that is over is in its story.
  if (alert.state === Alert_State.CLEARED) return 'nobody';
  if (alert.silenced) return 'silenced';
  if (ms(alert.shelvedUntil) > at) return 'shelved';
  return at - ms(alert.alertTime) < PLANNED_MS ? 'planned' : 'nobody';
}

/** Whether to look again soon: a message is under way, or the first one may still come. Pure. */
export function isAwaited(alert: Alert, messages: readonly Notification[], at: number): boolean {
  if (messages.length) return messages.some((one) => one.state === State.PENDING);
  // With the end of a shelf an alert may be told of for the first time.
  const shelfEnd = ms(alert.shelvedUntil);
  const began = Math.max(ms(alert.alertTime), shelfEnd <= at ? shelfEnd : 0);
  return alert.state !== Alert_State.CLEARED && at - began < WATCHED_MS;
}

/** Of several messages to one subscription the last, which says how it stands. Pure. */
export function lastOfEach(messages: readonly Notification[]): Notification[] {
  const last = new Map<number, Notification>();
  for (const one of messages) {
    const other = last.get(one.subscriptionId);
    if (!other || one.notificationId > other.notificationId) last.set(one.subscriptionId, one);
  }
  return [...last.values()];
}

/** What to call a recipient without a name: an address of e-mail, or of a URL its host, since the rest is a secret. Pure. */
export function addressee(recipient: string): string {
  return /^https?:\/\/([^/?#]+)/i.exec(recipient)?.[1] ?? recipient;
}
