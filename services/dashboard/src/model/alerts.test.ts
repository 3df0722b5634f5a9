import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';

import { AlertSchema } from '$gen/montrg/alert/v1/alert_service_pb';
import { NotificationSchema } from '$gen/montrg/alert/v1/notification_service_pb';
import { AlertEventSchema } from '$gen/montrg/alert_history/v1/alert_history_service_pb';

import { fits, judged, limitsNear, mayResolve, stepFor, storyline } from './alerts';

const HOUR = 3_600_000;
const danger = create(AlertSchema, {
  alertId: 1, alertType: 'threshold', alertLevel: 'orange', factory: 'Press', sensorId: 's1',
  thresholdType: 'pcv_temperature', measuredValue: 32.4, thresholdMin: 33, peakValue: 34.1,
}); // prettier-ignore
const event = (eventSeq: number, at: number, eventType: string) =>
  create(AlertEventSchema, { eventSeq, eventType, eventTime: timestampFromMs(at) });
const message = (notificationId: number, made: number, sent?: number) =>
  create(NotificationSchema, {
    notificationId,
    createTime: timestampFromMs(made),
    ...(sent === undefined ? {} : { sendTime: timestampFromMs(sent) }),
  });

describe('a filter', () => {
  const all = { level: undefined, factory: '', unacknowledged: false };

  it('lets everything through that nothing is wanted of', () => expect(fits(danger, all)).toBe(true));

  it('wants a least level, a factory, and that nobody takes care', () => {
    expect(fits(danger, { ...all, level: 'orange' })).toBe(true);
    expect(fits(danger, { ...all, level: 'red' })).toBe(false);
    expect(fits(danger, { ...all, factory: 'Paint' })).toBe(false);
    expect(fits(danger, { ...all, unacknowledged: true })).toBe(true);
    expect(fits({ ...danger, acknowledgedBy: 'Kim' }, { ...all, unacknowledged: true })).toBe(false);
  });
});

describe('a story', () => {
  it('has what happened and what was sent by time, the cause before the message', () => {
    const moments = storyline([event(1, 10, 'raised'), event(2, 30, 'cleared')], [message(2, 30), message(1, 10, 20)]);
    expect(moments.map((one) => one.key)).toEqual(['e1', 'm1', 'e2', 'm2']);
  });

  it('tells of messages by their events only where the messages are not known', () => {
    const events = [event(1, 10, 'raised'), event(2, 20, 'notified')];
    expect(storyline(events, []).map((one) => one.key)).toEqual(['e1', 'e2']);
    expect(storyline(events, [message(1, 10, 20)]).map((one) => one.key)).toEqual(['e1', 'm1']);
  });
});

describe('ending by hand', () => {
  it('is for what no good readings uphold', () => {
    expect(mayResolve(danger, [])).toBe(false);
    expect(mayResolve({ ...danger, suspect: true }, [])).toBe(true);
    expect(mayResolve({ ...danger, alertType: 'manual' }, [])).toBe(true);
    expect(mayResolve(danger, [{ ...danger, alertType: 'suspect' }])).toBe(true);
    expect(mayResolve(danger, [{ ...danger, alertType: 'suspect', sensorId: 's2' }])).toBe(false);
  });
});

describe('what the law goes by', () => {
  it('is the limit or the value if that is more, and the peak once it is over', () => {
    expect(judged(danger)).toBe(33);
    expect(judged({ ...danger, measuredValue: 35.5 })).toBe(35.5);
    expect(judged({ ...danger, clearTime: timestampFromMs(1) })).toBe(34.1);
    expect(judged({ ...danger, thresholdType: 'humidity' })).toBeUndefined();
  });
});

describe('the step of a chart', () => {
  it('grows with the span', () => {
    expect([3, 24, 240, 2_400].map((hours) => stepFor(hours * HOUR))).toEqual(['1min', '5min', '1h', '1d']);
  });
});

describe('the limits of a chart', () => {
  const rung = (thresholdId: number, level: string, minValue: number, mappedOnly = false) => ({
    thresholdId, thresholdType: 'pcv_temperature', level, minValue, mappedOnly,
  }); // prettier-ignore
  const ladder = [rung(4, 'critical', 38), rung(3, 'orange', 33), rung(2, 'yellow', 31), rung(5, 'red', 34, true)];

  it('are those that the values come near to, from below', () => {
    const levels = limitsNear(ladder, 'pcv_temperature', [30, null, 32], undefined).map((one) => one.level);
    expect(levels).toEqual(['yellow', 'orange']);
    expect(limitsNear(ladder, 'humidity', [90], undefined)).toEqual([]);
  });

  it('have one that holds for some sensors only where the alert is by it', () => {
    expect(limitsNear(ladder, 'pcv_temperature', [33], 5).map((one) => one.level)).toEqual(['yellow', 'orange', 'red']);
  });
});
