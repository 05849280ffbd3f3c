import type { EndpointRow } from '@rcm/db';
import type { GuardedResult, MigratedEndpoint, NotAccepted } from '@rcm/portal-access';
import type { LoginOutcome, PortalSession } from '@rcm/portal-drivers';
import { describe, expect, it } from 'vitest';
import { holdFor, proofOf } from './login-events.ts';

const UNTIL = new Date('2026-01-02T03:04:05Z');
const RETRY_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Neither is looked at: who asks for a proof closes the session, and a judgement is the ledger's. */
const session = {} as PortalSession;
const judgement = { effect: 'none', code: null } as const;

const refused = (outcome: LoginOutcome, submitted = true): NotAccepted => ({ kind: 'refused', outcome, judgement, submitted });
const notAllowed = (reason: Extract<GuardedResult, { kind: 'not_allowed' }>['reason'], until: Date | null): NotAccepted => ({
  kind: 'not_allowed',
  reason,
  until,
});

describe('what a login proves of the password that was typed', () => {
  it.each<[string, GuardedResult, 'right' | 'wrong' | 'nothing']>([
    ['a session', { kind: 'accepted', session, loginAttemptId: 'a', passwordExpiresAt: null }, 'right'],
    ['a change that is demanded behind a right password', { kind: 'must_change', session, outcome: { kind: 'change_forced', provesPassword: true } }, 'right'],
    ['a change that is demanded of anybody', { kind: 'must_change', session, outcome: { kind: 'change_forced' } }, 'nothing'],
    ['a refusal', refused({ kind: 'rejected' }), 'wrong'],
    ['one text for wrong and locked', refused({ kind: 'rejected_or_locked' }), 'wrong'],
    ['a refusal of what was not sent', refused({ kind: 'rejected' }, false), 'nothing'],
    ['a proving answer to what was not sent', refused({ kind: 'mfa_required', provesPassword: true }, false), 'nothing'],
    ['a question for a code behind a right password', refused({ kind: 'mfa_required', provesPassword: true }), 'right'],
    ['a wrong code behind a right password', refused({ kind: 'mfa_rejected', provesPassword: true }), 'right'],
    ['an expired password that was right', refused({ kind: 'password_expired', provesPassword: true }), 'right'],
    ['a question for a code of anybody', refused({ kind: 'mfa_required' }), 'nothing'],
    ['a lock', refused({ kind: 'locked' }), 'nothing'],
    ['a portal that asks to wait', refused({ kind: 'throttled' }), 'nothing'],
    ['a page that nobody knows', refused({ kind: 'unknown', detail: 'a page' }), 'nothing'],
    ['a portal that is away', refused({ kind: 'unavailable', detail: 'maintenance' }), 'nothing'],
    ['a login that the ledger did not let out', notAllowed('password_bad', UNTIL), 'nothing'],
    ['another account', notAllowed('other_account', null), 'nothing'],
  ])('%s', (_, result, proof) => {
    expect(proofOf(result)).toBe(proof);
  });
});

describe('how long a login that proved nothing is waited for', () => {
  const at = (lockoutLastsSeconds: number | null) => ({ portalType: { lockoutLastsSeconds } as EndpointRow['portalType'] }) as MigratedEndpoint;
  const hold = (result: NotAccepted, lasts: number | null = 900) => holdFor({ timing: timing() }, at(lasts), result);
  const timing = () => ({
    retryMs: RETRY_MS,
    loginDeadlineMs: 1,
    totpWaitMs: 1,
    personWaitMs: 60_000,
    submitDeadlineMs: 1,
    maxTries: 3,
    abandonedPauseMs: 1,
    giveUpMs: 1,
  });

  it.each<[string, NotAccepted, object]>([
    ['a moment that the ledger names', notAllowed('budget_spent', UNTIL), { until: UNTIL, ownMatter: true }],
    ['a password that cools down', notAllowed('password_suspect', UNTIL), { until: UNTIL, ownMatter: true }],
    ['a lock without an end, until a person speaks', notAllowed('locked', null), { forMs: HOUR_MS, ownMatter: true }],
    ['a budget that no time brings back', notAllowed('budget_spent', null), { forMs: RETRY_MS, ownMatter: true }],
    ['a portal that names a time', refused({ kind: 'throttled', until: UNTIL }), { until: UNTIL }],
    ['a portal that names none', refused({ kind: 'throttled' }), { forMs: RETRY_MS }],
    ['a lock', refused({ kind: 'locked' }), { forMs: 900_000, ownMatter: true }],
    ['a portal that is away', refused({ kind: 'unavailable', detail: 'maintenance' }), { forMs: RETRY_MS }],
    ['a page that nobody knows', refused({ kind: 'unknown', detail: 'a page' }), { forMs: RETRY_MS }],
    ['a refusal of what may be accepted later', refused({ kind: 'rejected' }), { forMs: RETRY_MS }],
    ...(['challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced'] as const).map((kind): [string, NotAccepted, object] => [
      `${kind}, which only a person can answer`,
      refused({ kind }),
      { forMs: 10 * RETRY_MS, growsToMs: 24 * HOUR_MS, ownMatter: true },
    ]),
  ])('%s', (_, result, wait) => {
    const { detail, ...rest } = hold(result);
    expect(rest).toEqual(wait);
    expect(detail).not.toBe('');
  });

  it('a lock that only support ends is looked at once an hour', () => {
    expect(hold(refused({ kind: 'locked' }), null)).toMatchObject({ forMs: HOUR_MS, ownMatter: true });
  });
});
