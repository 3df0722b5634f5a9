import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import type { MessageInitShape } from '@bufbuild/protobuf';

import { SilenceSchema, type Silence } from '$gen/montrg/alert/v1/silence_service_pb';
import { changedFields } from '$/api/changes';
import { settings } from '$/api/settings';
import { WEEKDAYS, weekdayOf, type Recurrence, type Span } from '$/model/calendar';
import { localOf, momentOf } from '$/model/zoned';
import type { Matchers } from '$/model/matchers';

import { draftOf as matcherDraft, matchersOf, type MatcherDraft } from '../matchers/draft';

type Message = MessageInitShape<typeof SilenceSchema>;

/** A silence as it stands in a form; times of start and end are of the site. */
export interface Draft {
  isWeekly: boolean;
  /** When one begins and ends that does not recur. */
  start: string;
  end: string;
  /** Between which times one recurs. */
  since: string;
  until: string;
  weekdays: string[];
  startOfDay: string;
  endOfDay: string;
  zone: string;
  maxLevel: string;
  author: string;
  reason: string;
  matchers: MatcherDraft;
}

/** Begins a form with what is stored, or at the hours that were chosen. */
export function draftOf(from: Silence | undefined, at: Span | undefined, author: string, matchers: Matchers): Draft {
  const known = from && recurrenceOf(from);
  const isWeekly = Boolean(known?.weekdays);
  const once = isWeekly ? undefined : (known ?? at);
  const weekly = isWeekly ? known : undefined;
  const show = (moment: number | undefined) => (moment === undefined ? '' : localOf(moment, settings.time_zone));
  // Who chose hours may want them every week.
  const [begin, end] = [show(at?.start), show(at?.end)];
  return {
    isWeekly,
    start: show(once?.start),
    end: show(once?.end),
    since: show(weekly?.start),
    until: show(weekly?.end),
    weekdays: known?.weekdays?.split(',') ?? (begin ? [WEEKDAYS[weekdayOf(begin.slice(0, 10))] ?? ''] : []),
    startOfDay: from?.startOfDay ?? (begin.slice(11) || '22:00'),
    endOfDay: from?.endOfDay ?? (end.slice(11) || '06:00'),
    zone: from?.zone ?? settings.time_zone,
    maxLevel: from?.maxLevel ?? '',
    author: from?.author ?? author,
    reason: from?.reason ?? '',
    matchers: matcherDraft(from ?? matchers),
  };
}

export function messageOf(draft: Draft): Message {
  const times = draft.isWeekly ? [draft.since, draft.until] : [draft.start, draft.end];
  const [start, end] = times.map((text) => momentOf(text, settings.time_zone));
  const weekly = {
    weekdays: WEEKDAYS.filter((day) => draft.weekdays.includes(day)).join(','),
    startOfDay: draft.startOfDay,
    endOfDay: draft.endOfDay,
    zone: draft.zone.trim() || undefined,
  };
  return {
    startTime: start === undefined ? undefined : timestampFromMs(start),
    endTime: end === undefined ? undefined : timestampFromMs(end),
    ...(draft.isWeekly ? weekly : {}),
    maxLevel: draft.maxLevel || undefined,
    author: draft.author.trim(),
    reason: draft.reason.trim(),
    ...matchersOf(draft.matchers),
  };
}

/** What an update of a stored one says: only what was touched. */
export function changeOf(draft: Draft, begun: Draft): { silence: Message; paths: string[] } {
  const silence = messageOf(draft);
  return { silence, paths: changedFields(SilenceSchema, messageOf(begun), silence) };
}

/** When a stored silence holds. */
export function recurrenceOf(silence: Silence): Recurrence {
  return {
    start: silence.startTime ? timestampMs(silence.startTime) : 0,
    end: silence.endTime && timestampMs(silence.endTime),
    weekdays: silence.weekdays,
    startOfDay: silence.startOfDay,
    endOfDay: silence.endOfDay,
    zone: silence.zone ?? settings.time_zone,
  };
}
