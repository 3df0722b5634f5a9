import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';

import { AlertSchema, type Alert } from '$gen/montrg/alert/v1/alert_service_pb';

import { news, shelfEnd, tones, type HeardOf } from './paging';

const AT = 1_000_000;

function alert(level: string, more: Partial<Alert> = {}): Alert {
  return create(AlertSchema, { alertId: 7, alertLevel: level, ...(more as object) });
}

/** Looks at one alert again and again, and tells which looks were news. */
function looks(...seen: Alert[]): boolean[] {
  let heard: HeardOf = new Map();
  return seen.map((one) => {
    const found = news(heard, [one], AT);
    heard = found.heard;
    return found.due.length > 0;
  });
}

describe('what people have to hear of', () => {
  it('is a new alert, once, and each time it rises', () => {
    expect(looks(alert('orange'), alert('orange'), alert('red'), alert('orange'), alert('red'))).toEqual([
      true, false, true, false, true,
    ]); // prettier-ignore
  });

  it('is of an acknowledged alert only a level that it never had', () => {
    const taken = { acknowledgedBy: 'Kim' };
    expect(looks(alert('red'), alert('orange', taken), alert('red', taken), alert('critical', taken))).toEqual([
      true, false, false, true,
    ]); // prettier-ignore
  });

  it('is not an alert that was acknowledged before it was ever heard of', () => {
    expect(looks(alert('red', { acknowledgedBy: 'Kim' }))).toEqual([false]);
  });

  it('waits while the alert is silenced or shelved, and comes when that ends', () => {
    expect(looks(alert('red', { silenced: true }), alert('red'))).toEqual([false, true]);
    const shelved = { shelvedUntil: timestampFromMs(AT + 1) };
    expect(looks(alert('orange'), alert('red', shelved), alert('red'))).toEqual([true, false, true]);
    expect(looks(alert('orange'), alert('orange', shelved), alert('orange'))).toEqual([true, false, false]);
    expect(looks(alert('red', { shelvedUntil: timestampFromMs(AT) }))).toEqual([true]);
  });

  it('forgets an alert that is over', () => {
    const { heard } = news(new Map(), [alert('red')], AT);
    expect(news(heard, [], AT).heard.size).toBe(0);
  });
});

describe('the end of shelves', () => {
  const until = (at: number) => alert('red', { shelvedUntil: timestampFromMs(at) });

  it('is that of the first which still holds', () => {
    expect(shelfEnd([alert('red'), until(AT + 9), until(AT + 5), until(AT)], AT)).toBe(AT + 5);
    expect(shelfEnd([alert('red'), until(AT)], AT)).toBeUndefined();
  });

  it('is when an alert is heard that rose on its shelf, though nothing else becomes of it', () => {
    const open = [until(AT + 5)];
    const { heard, due } = news(new Map(), open, AT);
    expect([due.length, news(heard, open, shelfEnd(open, AT) ?? AT).due.length]).toEqual([0, 1]);
  });
});

describe('the tones of a level', () => {
  it('are more the graver it is', () => {
    const counts = (['yellow', 'orange', 'red', 'critical'] as const).map((level) => tones(level).length);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBe(4);
  });

  it('follow one another', () => {
    const [first, second] = tones('red');
    expect(second?.at).toBeGreaterThan((first?.at ?? 0) + (first?.lasts ?? 0));
  });
});
