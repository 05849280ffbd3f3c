import type { EndpointRow } from '@rcm/db';
import { type ErrorCode, RcmError } from '@rcm/telemetry';
import type { NotAccepted, NotAllowedReason } from './login-request.ts';
import { automationRefusal } from './permission.ts';

const REFUSED_AS: Readonly<Partial<Record<NotAllowedReason, ErrorCode>>> = { password_bad: 'login_rejected', locked: 'login_locked' };

/** What a login that did not succeed means to whoever asked for it. `details.until`: when to ask again, where that is known. */
export function loginError(endpoint: EndpointRow, result: NotAccepted): RcmError {
  const details = { endpointId: endpoint.id, portalType: endpoint.portalTypeCode };
  if (result.kind === 'not_allowed') {
    const { reason, until } = result;
    const byTerms = reason === 'automation' ? automationRefusal(endpoint.portalType) : null;
    if (byTerms) return byTerms;
    const words = until
      ? ` It may be tried again at ${until.toISOString()}.`
      : reason === 'locked'
        ? ' `rcm login unlocked` says that support has unlocked it.'
        : '';
    return new RcmError(REFUSED_AS[reason] ?? 'login_not_allowed', `No login was attempted (${reason}); nothing was sent to the portal.${words}`, {
      details: { ...details, reason, ...(until ? { until: until.toISOString() } : {}) },
    });
  }
  const detail = 'detail' in result.outcome ? ` (${result.outcome.detail})` : '';
  const until = 'until' in result.outcome && result.outcome.until ? { until: result.outcome.until.toISOString() } : {};
  return new RcmError(result.judgement.code ?? 'portal_unexpected', `The portal answered the login with: ${result.outcome.kind}${detail}.`, {
    details: { ...details, outcome: result.outcome.kind, submitted: result.submitted, ...until },
  });
}
