import { usablePasswordRules } from '@rcm/credentials';
import { remainingBudget } from '@rcm/db/ledger';
import { hasOldReaders } from '@rcm/db/migration';
import { isDue, liesElsewhere, passwordTooYoungUntil, type StartRefusal } from '@rcm/db/rotation';
import { automationRefusal, type MigratedEndpoint } from '@rcm/portal-access';
import type { ErrorCode } from '@rcm/telemetry';
import type { RequestReason, Rotator } from './rotator.ts';

/** Nothing was begun and nothing was changed. */
export interface NotStarted {
  readonly kind: 'not_started';
  readonly code: ErrorCode;
  readonly reason: string;
  /** Whom it holds back: this login only, or every login of its portal type. */
  readonly holds: 'login' | 'portal_type';
  /** It does not pass by itself: people are told. */
  readonly tells?: true;
  /** It passes by itself: whoever wanted the rotation need not want it again. */
  readonly passes?: true;
}

/** Failures the portal must still forgive before an attempt may start: a wrong guess while probing, and one more. */
export const FAILURES_TO_START = 2;

export const notStarted = (code: ErrorCode, reason: string): NotStarted => ({ kind: 'not_started', code, reason, holds: 'login' });

/**
 * Why a rotation of this login may not start now, by what can be known without touching store or portal; `null` if it may. What must be
 * decided together with the plan (pause, breaker, canary, maintenance, how many run) is asked by `planRotation`, which also asks again whether anybody else is concerned.
 * Fails with `input_invalid` where no password can be made from the portal type's rules.
 */
export async function whyNotStart(
  rotator: Pick<Rotator, 'db'>,
  endpoint: MigratedEndpoint,
  reason: Exclude<RequestReason, 'recovery'>,
): Promise<NotStarted | null> {
  const { portalType } = endpoint;
  const forbidden = automationRefusal(portalType);
  if (forbidden) return { ...notStarted(forbidden.code, `${forbidden.message} Nothing was changed.`), holds: 'portal_type' };
  if (portalType.rotationMode !== 'automatic')
    return notStarted(
      'rotation_manual',
      `Portal type ${portalType.code} is rotated by hand: change the password at the portal, then in the store; the platform notices by itself.`,
    );
  // A job is a hint and may come twice: what was rotated while this one waited for its lease is not rotated again.
  if (reason === 'due' && !(await isDue(rotator.db, { orgId: endpoint.orgId, endpointId: endpoint.id })))
    return notStarted('rotation_refused', 'it is not due any more');
  if (await hasOldReaders(rotator.db, endpoint))
    return notStarted(
      'rotation_refused',
      'Plaintext of this login still lies in its row, and whoever reads it there would lock the account with the old password. Nothing was changed; `migrator scrub` removes it, or `migrator old-readers-gone --org … --reason …` says that nobody reads it any more.',
    );
  if (await liesElsewhere(rotator.db, endpoint))
    return {
      ...notStarted(
        'rotation_refused',
        'This login also lies in another organization or under another secret (`rcm status` lists where), or its secret is another account’s too, which a rotation would leave behind with a wrong password. Nothing was changed; give an account one secret wherever it lies, and each account a secret of its own, or change the password by hand everywhere.',
      ),
      tells: true,
    };
  const rules = usablePasswordRules(portalType.passwordRules);
  const { minAgeHours: leastHours, changesPerDay } = rules;
  const tooYoungUntil = await passwordTooYoungUntil(rotator.db, { orgId: endpoint.orgId, endpointId: endpoint.id, leastHours, changesPerDay });
  if (tooYoungUntil)
    return notStarted('rotation_refused', `The portal lets this password be changed from ${tooYoungUntil.toISOString()} on. Nothing was changed.`);
  const budget = await remainingBudget(rotator.db, { orgId: endpoint.orgId, loginIdentity: endpoint.loginIdentity });
  if (budget.failuresLeft < FAILURES_TO_START) {
    const until = budget.until
      ? `; ask again after ${budget.until.toISOString()}`
      : '; once support has unlocked the account, say so with `rcm login unlocked`';
    const code = budget.failuresLeft === 0 ? 'login_locked' : 'login_not_allowed';
    const refusal = notStarted(
      code,
      `The portal would forgive ${budget.failuresLeft} more failed logins of this account, and a rotation starts with ${FAILURES_TO_START}${until}. Nothing was changed.`,
    );
    return budget.until === null ? { ...refusal, tells: true } : refusal;
  }
  return null;
}

/** Whether a rotation would leave anybody with a wrong password: whoever has the login elsewhere, or reads it in its row. */
export const concernsOthers = async ({ db }: Pick<Rotator, 'db'>, endpoint: MigratedEndpoint): Promise<boolean> =>
  (await hasOldReaders(db, endpoint)) || (await liesElsewhere(db, endpoint));

/** Whoever plans a rotation may have put the secret in order before, so they do not say that nothing was changed. */
const WORDS: Readonly<Record<StartRefusal, (code: string) => string>> = {
  paused: () => 'Rotations are paused by a person (`rcm status` says who and why; `rcm resume` ends it). No rotation was begun.',
  stopped: (code) =>
    `The rotations of portal type ${code} are stopped because they fail (\`rcm status\` says why; \`rcm resume --portal-type ${code}\` ends it). No rotation was begun.`,
  canary: (code) => `The first rotation of the day at portal type ${code} is under way; the others follow it.`,
  busy: (code) => `Portal type ${code} has as many rotations under way as it may; this one follows.`,
  changed: () => 'Somebody else has come to have this login, or to read it in its row, while its rotation was to begin. No rotation was begun.',
  maintenance: (code) => `Portal type ${code} is in its maintenance hours, or nearly; the rotation follows them.`,
};

export const refusedBy = (refusal: StartRefusal, portalTypeCode: string): NotStarted => ({
  ...notStarted('rotation_refused', WORDS[refusal](portalTypeCode)),
  // Asked again, it is told in full what is in its way.
  ...(refusal === 'changed' ? { holds: 'login', passes: true } : { holds: 'portal_type' }),
});
