import type { GuardedConfirm, LedgerRefusal } from '@rcm/portal-access';
import type { ChangeOutcome } from '@rcm/portal-drivers';
import { describe, expect, it } from 'vitest';
import type { AttemptInHand } from '../machine/attempt.ts';
import { neverLeft, notSent } from './not-sent.ts';

const inHand = { services: { timing: { retryMs: 1_000 } }, login: { endpoint: { portalType: { lockoutLastsSeconds: 900 } } } } as unknown as AttemptInHand;
const confirm = (ended: ReturnType<GuardedConfirm['ended']>, refusal: LedgerRefusal | null = null) => ({ confirm: { ended: () => ended }, refusal });
const refused = (rule: string): ChangeOutcome => ({ kind: 'refused', rule, submitted: false });
const UNKNOWN: ChangeOutcome = { kind: 'unknown', detail: 'x', submitted: false };

it.each([
  [
    'the form does not take the new password',
    refused('too_long'),
    confirm(null),
    false,
    { kind: 'gave_up', detail: 'the page does not take the new password (too_long); nothing was sent' },
  ],
  [
    'the form wants a code',
    refused('code_wanted'),
    confirm(null),
    false,
    { kind: 'gave_up', detail: 'the change asks for a one-time code, and the login has none; the new password was not sent' },
  ],
  [
    'the portal refused the current password',
    refused('current_wrong'),
    confirm('refused'),
    false,
    { kind: 'gave_up', detail: 'the portal did not let the change begin (current_wrong); the new password was not sent' },
  ],
  ['it did so after an earlier submit, which may have been made', refused('current_wrong'), confirm('refused'), true, { kind: 'maybe_submitted' }],
  ['the form could not be filled in', UNKNOWN, confirm('confirmed'), false, { kind: 'hold', forMs: 1_000, countsAsSubmit: true }],
  ['the account is locked', UNKNOWN, confirm('locked'), true, { kind: 'hold', countsAsSubmit: true }],
  [
    'the ledger did not allow it',
    UNKNOWN,
    confirm(null, { kind: 'not_allowed', reason: 'budget_spent', until: new Date(5) }),
    true,
    { kind: 'hold', until: new Date(5), ownMatter: true },
  ],
])('where %s', (_why, outcome, guard, sentBefore, event) => {
  expect(notSent(inHand, { outcome, ...guard, sentBefore })).toMatchObject(event);
});

describe('a change that never left the browser, though the journal says that it was about to', () => {
  it.each([
    ['ends the attempt where the page itself refuses', refused('too_long'), false, 'unchanged'],
    ['is tried again where an earlier one may have been made', refused('too_long'), true, 'change_not_sent'],
    ['is tried again where nobody knows why', { kind: 'unknown', detail: '', submitted: false } as const, false, 'change_not_sent'],
  ] as const)('%s', (_, outcome, sentBefore, kind) => {
    expect(neverLeft(outcome, sentBefore)).toMatchObject({ kind });
  });
});
