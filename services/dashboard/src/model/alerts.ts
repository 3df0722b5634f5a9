import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt';

import type { Alert } from '$gen/montrg/alert/v1/alert_service_pb';
import type { Notification } from '$gen/montrg/alert/v1/notification_service_pb';
import type { AlertEvent } from '$gen/montrg/alert_history/v1/alert_history_service_pb';

import { asLevel, severity, type Level } from './levels';

export interface Filter {
  /** The least level. */
  level: Level | undefined;
  /** Empty for all. */
  factory: string;
  /** Only those that nobody takes care of. */
  unacknowledged: boolean;
}

/** Whether an alert is wanted. */
export function fits(alert: Alert, filter: Filter): boolean {
  return (
    severity(asLevel(alert.alertLevel)) >= severity(filter.level) &&
    (!filter.factory || alert.factory === filter.factory) &&
    !(filter.unacknowledged && alert.acknowledgedBy)
  );
}

/** A moment of an answer in ms; 0 where it is unset. */
export function ms(moment: Timestamp | undefined): number {
  return moment ? timestampMs(moment) : 0;
}

/**
 * Whether it may be ended by hand: one that readings raised ends by readings, unless its sensor is not to be trusted.
 * `open` are all alerts that last. The service decides; this only says whether it is worth offering.
 */
export function mayResolve(alert: Alert, open: readonly Alert[]): boolean {
  if (alert.alertType !== 'threshold' || alert.suspect) return true;
  return open.some((other) => other.sensorId === alert.sensorId && other.alertType === 'suspect');
}

/** The value that what the law asks goes by, in °C perceived; undefined where the alert is not about that. */
export function judged(alert: Alert): number | undefined {
  if (alert.alertType !== 'threshold' || alert.thresholdType !== 'pcv_temperature') return undefined;
  const known = [alert.clearTime ? alert.peakValue : alert.measuredValue, alert.thresholdMin];
  const values = known.filter((value) => value !== undefined);
  return values.length ? Math.max(...values) : undefined;
}

/** A moment of an alert's story: what became of it, or a message about it. */
export type Moment = { key: string; at: number } & (
  { event: AlertEvent; message?: never } | { message: Notification; event?: never }
);

const TOLD = new Set(['notified', 'notification_failed']);

/**
 * Makes one story of what happened and what was sent, the newest last. Events that only say that a message was sent
 * are left out where the messages themselves are known: they say more. Pure.
 */
export function storyline(events: readonly AlertEvent[], messages: readonly Notification[]): Moment[] {
  const shown = messages.length ? events.filter((event) => !TOLD.has(event.eventType)) : events;
  const moments: Moment[] = [
    ...shown.map((event) => ({ key: `e${event.eventSeq}`, at: ms(event.eventTime), event })),
    ...messages
      .toSorted((a, b) => a.notificationId - b.notificationId)
      .map((message) => ({
        key: `m${message.notificationId}`,
        at: ms(message.sendTime ?? message.createTime),
        message,
      })),
  ];
  // What was sent at a moment was sent because of what happened: a stable sort keeps that order.
  return moments.sort((a, b) => a.at - b.at);
}

const STEPS = [
  { upTo: 6, step: '1min' },
  { upTo: 36, step: '5min' },
  { upTo: 24 * 60, step: '1h' },
];

/** The step of a chart over so many ms: fine enough to see, and few enough points to draw. */
export function stepFor(span: number): string {
  return STEPS.find(({ upTo }) => span <= upTo * 3_600_000)?.step ?? '1d';
}

interface Rung {
  thresholdId: number;
  thresholdType?: string;
  level?: string;
  minValue?: number;
  mappedOnly?: boolean;
}

// A limit so far above all that was measured would press the line flat.
const NEAR = 3;

/**
 * The limits to draw into a chart of these values, from below: those that hold for everybody and the alert's own, up
 * to a little above what was measured. Green is no danger, so it has no line. Pure.
 */
export function limitsNear(
  ladder: readonly Rung[],
  metric: string,
  values: readonly (number | null)[],
  own: number | undefined,
): { level: string; value: number }[] {
  const top = Math.max(...values.map((value) => value ?? -Infinity));
  return ladder
    .filter((rung) => rung.thresholdType === metric && (!rung.mappedOnly || rung.thresholdId === own))
    .flatMap(({ level, minValue }) =>
      minValue === undefined || !level || level === 'green' ? [] : [{ level, value: minValue }],
    )
    .filter(({ value }) => value <= top + NEAR)
    .sort((a, b) => a.value - b.value);
}
