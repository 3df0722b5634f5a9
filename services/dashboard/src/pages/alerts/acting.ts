import { createClient } from '@connectrpc/connect';

import { AlertService, type Alert } from '$gen/montrg/alert/v1/alert_service_pb';
import { transport } from '$/api/transport';

const client = createClient(AlertService, transport);

/** What people do about an alert. */
export type Kind = 'acknowledge' | 'shelve' | 'unshelve' | 'comment' | 'resolve';

/** Something that is about to be done. */
export interface Act {
  kind: Kind;
  alerts: readonly Alert[];
}

/** What the service calls a person's words, by which it says what is wrong with them. */
export const wordsField = (kind: Kind): 'reason' | 'note' =>
  kind === 'shelve' || kind === 'unshelve' ? 'reason' : 'note';

/** What is said about it, for how long it is shelved, and who says so. */
export interface Given {
  said: string;
  minutes: number;
  actor: string;
}

/** Does it to one alert; the answer is the alert after it. */
export function perform(kind: Kind, alertId: number, { said, minutes, actor }: Given): Promise<Alert> {
  switch (kind) {
    case 'acknowledge':
      return client.acknowledgeAlert({ alertId, actor, note: said });
    case 'shelve':
      return client.shelveAlert({ alertId, actor, reason: said, minutes });
    case 'unshelve':
      return client.shelveAlert({ alertId, actor, reason: said, minutes: 0 });
    case 'comment':
      return client.commentAlert({ alertId, actor, note: said });
    case 'resolve':
      return client.resolveAlert({ alertId, actor, note: said });
  }
}
