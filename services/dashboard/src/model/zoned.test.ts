import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';

import { localOf, momentOf, typedMoment } from './zoned';

describe('the site’s clock', () => {
  it('shows a moment, and finds it again', () => {
    const noon = Date.UTC(2026, 6, 15, 3);
    expect(localOf(noon, 'Asia/Seoul')).toBe('2026-07-15T12:00');
    expect(momentOf('2026-07-15T12:00', 'Asia/Seoul')).toBe(noon);
  });

  it.each(['2026-03-08T01:59', '2026-03-08T03:00', '2026-11-01T00:59', '2026-11-01T02:00', '2026-12-31T23:59'])(
    'finds %s again beside the change to and from summer time',
    (local) => {
      expect(localOf(momentOf(local, 'America/New_York') ?? 0, 'America/New_York')).toBe(local);
    },
  );

  it('takes the first of an hour that comes twice', () => {
    expect(momentOf('2026-11-01T01:30', 'America/New_York')).toBe(Date.UTC(2026, 10, 1, 5, 30));
  });

  it('takes an hour that is left out as before the change', () => {
    expect(momentOf('2026-03-08T02:30', 'America/New_York')).toBe(Date.UTC(2026, 2, 8, 7, 30));
  });

  it('finds nothing in what is no time', () => {
    expect(momentOf('', 'Asia/Seoul')).toBeUndefined();
    expect(momentOf('2026-13-01T00:00', 'Asia/Seoul')).toBeUndefined();
  });

  it('keeps the seconds of what nobody has changed', () => {
    const before = timestampFromMs(Date.UTC(2026, 6, 15, 3, 0, 42, 123));
    expect(typedMoment('2026-07-15T12:00', before, 'Asia/Seoul')).toBe(before);
    expect(typedMoment('2026-07-15T12:01', before, 'Asia/Seoul')).toEqual(timestampFromMs(Date.UTC(2026, 6, 15, 3, 1)));
    expect(typedMoment('', before, 'Asia/Seoul')).toBeUndefined();
  });
});
