import { ConnectError, createClient } from '@connectrpc/connect';
import { untrack } from 'svelte';

import type { Alert } from '$gen/montrg/alert/v1/alert_service_pb';
import { NotificationService, type Notification } from '$gen/montrg/alert/v1/notification_service_pb';
import { SubscriptionService } from '$gen/montrg/alert/v1/subscription_service_pb';
import { now } from '$/api/clock';
import { failure, type Failure } from '$/api/errors';
import { everything } from '$/api/everything';
import { session } from '$/api/session.svelte';
import { transport } from '$/api/transport';
import { isQuiet } from '$/model/paging';
import { addressee, isAwaited } from '$/model/telling';
import { ticking } from '$/parts/ticking.svelte';

const notifications = createClient(NotificationService, transport);
const subscriptions = createClient(SubscriptionService, transport);
// Nothing says that a message has arrived.
const LOOK_AGAIN_MS = 5_000;

/** Who was told of an alert; made where effects can be, which is where a component begins. */
export class Told {
  failed: Failure | undefined = $state.raw();

  /** Who was told is for operators to see. */
  readonly may = $derived(session.may('operator'));

  #answer: { alertId: number; messages: readonly Notification[] } | undefined = $state.raw();
  #names: ReadonlyMap<number, string> = $state.raw(new Map());
  #look = $state(0);

  constructor(private readonly alert: () => Alert) {
    // Anew whenever something becomes of the alert, and not with each value that is judged.
    const alertId = $derived(alert().alertId);
    const eventSeq = $derived(alert().eventSeq);
    const quiet = $derived(isQuiet(alert(), ticking.now));

    $effect(() => {
      void eventSeq;
      void quiet;
      void this.#look;
      if (!this.may) return;
      const abort = new AbortController();
      void this.#load(alertId, abort.signal);
      return () => abort.abort();
    });

    // Each answer says whether to ask once more.
    $effect(() => {
      const { messages } = this;
      if (!messages || !untrack(() => isAwaited(alert(), messages, now()))) return;
      const timer = setTimeout(() => this.again(), LOOK_AGAIN_MS);
      return () => clearTimeout(timer);
    });
  }

  /** All messages about it; undefined until they are known. */
  get messages(): readonly Notification[] | undefined {
    return this.#answer?.alertId === this.alert().alertId ? this.#answer.messages : undefined;
  }

  /** What whoever got a message is called. */
  nameOf(message: Notification): string {
    return this.#names.get(message.subscriptionId) || addressee(message.recipient);
  }

  again(): void {
    this.#look += 1;
  }

  /** Sends a message that failed once more. */
  async retry(notificationId: number): Promise<void> {
    try {
      const answer = await notifications.retryNotification({ notificationId });
      if (!this.#answer) return;
      const messages = this.#answer.messages.map((one) => (one.notificationId === notificationId ? answer : one));
      this.#answer = { ...this.#answer, messages };
    } catch (error) {
      this.failed = failure(error);
    }
  }

  async #load(alertId: number, signal: AbortSignal): Promise<void> {
    try {
      const messages = await everything(
        (page) => notifications.listNotifications({ alertId, ...page }, { signal }),
        (page) => page.notifications,
      );
      // Names change seldom: they are asked for where one is missing.
      if (messages.some((one) => !this.#names.has(one.subscriptionId))) await this.#learn(messages, signal);
      this.#answer = { alertId, messages };
      this.failed = undefined;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ConnectError)) throw error;
      this.failed = failure(error);
    }
  }

  async #learn(messages: readonly Notification[], signal: AbortSignal): Promise<void> {
    const known = await everything(
      (page) => subscriptions.listSubscriptions(page, { signal }),
      (page) => page.subscriptions,
    );
    // One that is deleted has no name any more, and is not asked for again.
    const deleted = messages.map((one) => [one.subscriptionId, ''] as const);
    this.#names = new Map([...deleted, ...known.map((one) => [one.subscriptionId, one.name ?? ''] as const)]);
  }
}
