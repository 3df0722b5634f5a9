import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { SubscriptionSchema } from '$gen/montrg/alert/v1/subscription_service_pb';

import { changeOf, draftOf, messageOf } from './draft';

const stored = create(SubscriptionSchema, {
  subscriptionId: 3, name: 'Shift', channel: 'webhook', recipient: 'https://example.com/x', format: 'slack',
  hasSecret: true, language: 'ko', factory: 'Press', floor: 0, minLevel: 'orange', escalationMinutes: 10,
  repeatMinutes: 0, maxPerMinute: 10, notifyClear: false, enabled: true,
}); // prettier-ignore

describe('the form of a subscription', () => {
  it('sends only what was touched, and clears what was emptied', () => {
    const begun = draftOf(stored, 'en', {});
    const draft = draftOf(stored, 'en', {});
    expect(changeOf(draft, begun).paths).toEqual([]);
    draft.matchers.factory = ' ';
    draft.escalationMinutes = 0;
    const { subscription, paths } = changeOf(draft, begun);
    expect(paths).toEqual(['factory', 'escalation_minutes']);
    expect(subscription.factory).toBeUndefined();
  });

  it('keeps the secret that nobody can read, replaces it, or drops it', () => {
    const begun = draftOf(stored, 'en', {});
    expect(changeOf({ ...begun, secret: 'x'.repeat(8) }, begun).paths).toEqual(['secret']);
    const dropped = changeOf({ ...begun, dropSecret: true }, begun);
    expect(dropped.paths).toEqual(['secret']);
    expect(dropped.subscription.secret).toBeUndefined();
    expect(changeOf({ ...begun, dropSecret: true, secret: 'x'.repeat(8) }, begun).paths).toEqual(['secret']);
  });

  it('begins a new one at the place that was asked about, in the language of the page', () => {
    const message = messageOf(draftOf(undefined, 'en', { factory: 'Press', floor: 0 }));
    expect(message).toMatchObject({ factory: 'Press', floor: 0, language: 'en', enabled: true });
    expect(message.plant).toBeUndefined();
  });
});
