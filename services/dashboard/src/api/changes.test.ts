import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';

import { SilenceSchema } from '$gen/montrg/alert/v1/silence_service_pb';

import { changedFields } from './changes';

it('names what was set, cleared and changed, and nothing else', () => {
  const before = { plant: 'Ulsan', floor: 1, author: 'Kim', endTime: timestampFromMs(1_000) };
  const after = { author: 'Kim', floor: 0, area: 'Roof', endTime: timestampFromMs(2_000) };
  expect(changedFields(SilenceSchema, before, after)).toEqual(['end_time', 'plant', 'floor', 'area']);
  expect(changedFields(SilenceSchema, after, { ...after, endTime: timestampFromMs(2_000) })).toEqual([]);
});
