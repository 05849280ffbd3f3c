import { isRcmError, type RcmError, type Secret } from '@rcm/telemetry';
import type { LoginOptions } from '../driver.ts';
import type { LoginOutcome, LoginResult } from '../outcome.ts';
import { BEFORE_SUBMIT, type LoginWords } from '../recipe/outcomes.ts';
import { credentialValues } from './credential-values.ts';
import { codeFrom } from './one-time-code.ts';
import { hostMoved } from './host-moved.ts';
import type { SessionParts } from './parts.ts';
import { runSending } from './sending.ts';
import { untilOf } from './until.ts';

/** Logs in once. Never throws but for what `beforeSubmit` threw: how a login ended is always a result. */
export async function login(parts: SessionParts, options: LoginOptions): Promise<LoginResult> {
  const { outcomes, steps } = parts.recipe.login;
  let proven = false;
  let expiresAt: Date | null = null;

  const oneTimeCode = (provesPassword: boolean): Promise<Secret<string>> => {
    proven = provesPassword;
    return codeFrom(options.totp, parts.secrets);
  };

  const { ended, submitted } = await runSending<LoginWords>(parts, {
    name: 'login',
    steps,
    early: outcomes.filter((entry) => BEFORE_SUBMIT.includes(entry.is)),
    outcomes,
    resolve: credentialValues(options.credential, null),
    oneTimeCode,
    expiry: (date) => void (expiresAt = date),
    beforeSubmit: options.beforeSubmit,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
  });
  if (!isRcmError(ended)) return { outcome: await inWords(parts, ended, { expiresAt, submitted }), submitted };
  const moved = hostMoved(parts, ended);
  if (moved) return { outcome: moved, submitted };
  return { outcome: withoutWords(ended, parts.secrets.mask().mask, proven && submitted), submitted };
}

async function inWords(
  parts: SessionParts,
  entry: LoginWords,
  { expiresAt, submitted }: { expiresAt: Date | null; submitted: boolean },
): Promise<LoginOutcome> {
  const until = await untilOf(parts, entry);
  const passwordExpiresAt = until.until ?? expiresAt;
  if (entry.is === 'accepted') return { kind: 'accepted', ...(passwordExpiresAt ? { passwordExpiresAt } : {}) };
  if (entry.is === 'throttled' || entry.is === 'locked' || entry.is === 'rejected_or_locked') return { kind: entry.is, ...until };
  if (entry.is === 'unavailable') return { kind: 'unavailable', detail: 'The portal says that it is not available.', ...until };
  if (entry.is === 'rejected') return { kind: 'rejected' };
  // A page may show before the password what it shows after it: what was not sent is not proven.
  const proof = entry.proves_password && submitted ? ({ provesPassword: true } as const) : {};
  if (entry.is === 'password_expired' || entry.is === 'change_forced') return { kind: entry.is, ...proof };
  return { kind: entry.is, ...proof, ...until };
}

function withoutWords(error: RcmError, mask: (text: string) => string, proven: boolean): LoginOutcome {
  if (error.code === 'login_mfa_required') return { kind: 'mfa_required', ...(proven ? { provesPassword: true } : {}) };
  return { kind: error.code === 'portal_unavailable' ? 'unavailable' : 'unknown', detail: mask(error.message) };
}
