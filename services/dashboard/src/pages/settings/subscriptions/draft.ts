import type { MessageInitShape } from '@bufbuild/protobuf';

import { SubscriptionSchema, type Subscription } from '$gen/montrg/alert/v1/subscription_service_pb';
import { changedFields } from '$/api/changes';
import type { Language } from '$/i18n/index.svelte';
import type { Matchers } from '$/model/matchers';

import { draftOf as matcherDraft, matchersOf, type MatcherDraft } from '../matchers/draft';

type Message = MessageInitShape<typeof SubscriptionSchema>;

/** A subscription as it stands in a form. */
export interface Draft {
  name: string;
  channel: string;
  recipient: string;
  format: string;
  /** A new secret; empty keeps the old one. */
  secret: string;
  dropSecret: boolean;
  language: string;
  minLevel: string;
  escalationMinutes: number | null;
  repeatMinutes: number | null;
  maxPerMinute: number | null;
  notifyClear: boolean;
  enabled: boolean;
  matchers: MatcherDraft;
}

/** Begins a form with what is stored, or with what a new one has. */
export function draftOf(from: Subscription | undefined, language: Language, matchers: Matchers): Draft {
  return {
    name: from?.name ?? '',
    channel: from?.channel ?? 'webhook',
    recipient: from?.recipient ?? '',
    format: from?.format ?? 'json',
    secret: '',
    dropSecret: false,
    language: from?.language ?? language,
    minLevel: from?.minLevel ?? 'yellow',
    escalationMinutes: from?.escalationMinutes ?? 0,
    repeatMinutes: from?.repeatMinutes ?? 0,
    maxPerMinute: from?.maxPerMinute ?? 10,
    notifyClear: from?.notifyClear ?? true,
    enabled: from?.enabled ?? true,
    matchers: matcherDraft(from ?? matchers),
  };
}

export function messageOf(draft: Draft): Message {
  return {
    name: draft.name.trim() || undefined,
    channel: draft.channel,
    recipient: draft.recipient.trim(),
    format: draft.format,
    secret: draft.secret || undefined,
    language: draft.language,
    minLevel: draft.minLevel,
    escalationMinutes: draft.escalationMinutes ?? undefined,
    repeatMinutes: draft.repeatMinutes ?? undefined,
    maxPerMinute: draft.maxPerMinute ?? undefined,
    notifyClear: draft.notifyClear,
    enabled: draft.enabled,
    ...matchersOf(draft.matchers),
  };
}

/** What an update of a stored one says: only what was touched. */
export function changeOf(draft: Draft, begun: Draft): { subscription: Message; paths: string[] } {
  const subscription = messageOf(draft);
  const paths = changedFields(SubscriptionSchema, messageOf(begun), subscription);
  return { subscription, paths: draft.dropSecret && !draft.secret ? [...paths, 'secret'] : paths };
}
