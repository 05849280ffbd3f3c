import type { GuardedResult } from '@rcm/portal-access';
import type { AttemptEvent } from './transitions.ts';
import type { AttemptInHand } from './attempt.ts';

type NotAccepted = Exclude<GuardedResult, { kind: 'accepted' }>;

/** Whether the portal itself refused the password just typed. Anything else says nothing about the password. */
export const wasRejected = (result: NotAccepted): boolean =>
  result.kind === 'refused' && (result.outcome.kind === 'rejected' || result.outcome.kind === 'rejected_or_locked');

/** A login that told nothing about the password: wait as long as its reason asks for, then go on from the same state. */
export function holdFor(inHand: AttemptInHand, result: NotAccepted): AttemptEvent {
  const { portalType } = inHand.endpoint;
  if (result.kind === 'not_allowed') {
    return {
      kind: 'hold',
      detail: `no login was allowed: ${result.reason}`,
      ...(result.until ? { until: result.until } : { forMs: inHand.services.timing.retryMs }),
    };
  }
  const detail = `the portal answered a login with ${result.outcome.kind}`;
  switch (result.outcome.kind) {
    case 'locked':
      return { kind: 'hold', detail, forMs: portalType.lockoutWindowSeconds * 1000 };
    case 'throttled':
      return { kind: 'hold', detail, ...(result.outcome.until ? { until: result.outcome.until } : { forMs: inHand.services.timing.retryMs }) };
    default:
      return { kind: 'hold', detail, forMs: inHand.services.timing.retryMs };
  }
}
