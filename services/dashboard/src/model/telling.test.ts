import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';

import { Alert_State, AlertSchema, type Alert } from '$gen/montrg/alert/v1/alert_service_pb';
import { Notification_State as State, NotificationSchema } from '$gen/montrg/alert/v1/notification_service_pb';

import { addressee, isAwaited, lastOfEach, whyUntold } from './telling';

const RAISED = 1_000_000;
const LATER = RAISED + 3_600_000;
const alert = (more: Partial<Alert> = {}) =>
  create(AlertSchema, {
    alertId: 7,
    alertTime: timestampFromMs(RAISED),
    state: Alert_State.ACTIVE,
    ...(more as object),
  });
const message = (notificationId: number, subscriptionId: number, state: State) =>
  create(NotificationSchema, { notificationId, subscriptionId, state });

describe('why nobody was told', () => {
  it('is a silence or a shelf, as long as it holds', () => {
    const shelved = { shelvedUntil: timestampFromMs(LATER) };
    expect(whyUntold(alert({ silenced: true, ...shelved }), RAISED)).toBe('silenced');
    expect(whyUntold(alert(shelved), LATER - 1)).toBe('shelved');
    expect(whyUntold(alert(shelved), LATER)).toBe('nobody');
  });

  it('is at first that messages are still planned, and then not known', () => {
    expect(whyUntold(alert(), RAISED + 9_999)).toBe('planned');
    expect(whyUntold(alert(), RAISED + 10_000)).toBe('nobody');
  });

  it('is not known of an alert that is over', () => {
    expect(whyUntold(alert({ state: Alert_State.CLEARED, silenced: true }), RAISED)).toBe('nobody');
  });
});

describe('looking for messages again', () => {
  it('goes on while one is under way', () => {
    expect(isAwaited(alert(), [message(1, 1, State.SENT), message(2, 2, State.PENDING)], LATER)).toBe(true);
    expect(isAwaited(alert(), [message(1, 1, State.SENT), message(2, 2, State.DEAD)], RAISED)).toBe(false);
  });

  it('ends after a minute without any, counted anew from the end of a shelf', () => {
    expect(isAwaited(alert(), [], RAISED + 59_999)).toBe(true);
    expect(isAwaited(alert(), [], RAISED + 60_000)).toBe(false);
    const shelved = alert({ shelvedUntil: timestampFromMs(LATER) });
    expect([LATER - 1, LATER, LATER + 60_000].map((at) => isAwaited(shelved, [], at))).toEqual([false, true, false]);
    expect(isAwaited(alert({ state: Alert_State.CLEARED }), [], RAISED)).toBe(false);
  });
});

it('keeps the last message of each subscription, however they are ordered', () => {
  const messages = [message(3, 1, State.PENDING), message(2, 2, State.DEAD), message(1, 1, State.SENT)];
  expect(lastOfEach(messages).map((one) => one.notificationId)).toEqual([3, 2]);
});

it('calls a recipient without a name by its address, and a URL by its host', () => {
  expect(addressee('kim@plant.example')).toBe('kim@plant.example');
  expect(addressee('http://localhost:8123/…')).toBe('localhost:8123');
  expect(addressee('https://hooks.example?key=secret')).toBe('hooks.example');
});
