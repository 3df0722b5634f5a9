import { create } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';

import { SilenceSchema } from '$gen/montrg/alert/v1/silence_service_pb';

import { changeOf, draftOf, messageOf } from './draft';

const nights = create(SilenceSchema, {
  silenceId: 2, startTime: timestampFromMs(Date.parse('2026-07-01T00:00:17Z')), weekdays: 'mon,fri', startOfDay: '22:00',
  endOfDay: '06:00', zone: 'Asia/Seoul', factory: 'Press', author: 'Kim', reason: 'Works',
}); // prettier-ignore

describe('the form of a silence', () => {
  it('begins at the hours that were chosen, on the clocks of the site', () => {
    const [start, end] = [Date.parse('2026-07-13T01:00Z'), Date.parse('2026-07-13T03:00Z')];
    const draft = draftOf(undefined, { start, end }, 'Kim', { factory: 'Press' });
    expect([draft.start, draft.end, draft.author]).toEqual(['2026-07-13T10:00', '2026-07-13T12:00', 'Kim']);
    const message = messageOf(draft);
    expect(message.weekdays).toBeUndefined();
    expect(message.startTime && timestampMs(message.startTime as never)).toBe(start);
  });

  it('does not send the start, whose seconds no field shows, when something else was changed', () => {
    const begun = draftOf(nights, undefined, '', {});
    expect(changeOf({ ...begun, reason: 'More works' }, begun).paths).toEqual(['reason']);
  });

  it('clears the days and their times where it does not recur any more', () => {
    const begun = draftOf(nights, undefined, '', {});
    const { silence, paths } = changeOf({ ...begun, isWeekly: false, end: '2026-07-20T00:00' }, begun);
    expect(paths).toEqual(['start_time', 'end_time', 'weekdays', 'start_of_day', 'end_of_day', 'zone']);
    expect(silence.weekdays).toBeUndefined();
  });

  it('offers the hours that were chosen for every week, too, and does not bound it to that week', () => {
    const [start, end] = [Date.parse('2026-07-13T13:00Z'), Date.parse('2026-07-13T15:00Z')];
    const message = messageOf({ ...draftOf(undefined, { start, end }, '', {}), isWeekly: true });
    expect([message.weekdays, message.startOfDay, message.endOfDay]).toEqual(['mon', '22:00', '00:00']);
    expect([message.startTime, message.endTime]).toEqual([undefined, undefined]);
  });

  it('names the days in their order', () => {
    const draft = { ...draftOf(nights, undefined, '', {}), weekdays: ['sun', 'tue'] };
    expect(messageOf(draft).weekdays).toBe('tue,sun');
  });
});
