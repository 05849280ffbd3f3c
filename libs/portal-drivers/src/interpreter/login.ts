import { isRcmError, RcmError, type Secret } from '@rcm/telemetry';
import type { LoginOptions } from '../driver.ts';
import type { LoginOutcome, LoginResult } from '../outcome.ts';
import { BEFORE_SUBMIT, type LoginWords } from '../recipe/outcomes.ts';
import { createSecretMask } from '../secret-mask.ts';
import { credentialValues, everySecret } from './credential-values.ts';
import { readDate } from './date-notice.ts';
import type { SessionParts } from './parts.ts';
import { runSending } from './sending.ts';

/** Logs in once. Never throws but for what `beforeSubmit` threw: how a login ended is always a result. */
export async function login(parts: SessionParts, options: LoginOptions): Promise<LoginResult> {
  const { outcomes, steps } = parts.recipe.login;
  const typedCodes: Secret<string>[] = [];

  async function oneTimeCode(): Promise<Secret<string>> {
    if (options.totp === null) throw new RcmError('login_mfa_required', 'The portal asks for a one-time code and the login has no seed.');
    try {
      const code = await options.totp();
      typedCodes.push(code);
      return code;
    } catch (error) {
      throw new RcmError('portal_unexpected', `No one-time code could be had (${isRcmError(error) ? error.code : 'error'}).`);
    }
  }

  const { ended, submitted } = await runSending<LoginWords>(parts, {
    name: 'login',
    steps,
    early: outcomes.filter((entry) => BEFORE_SUBMIT.includes(entry.is)),
    outcomes,
    resolve: credentialValues(options.credential, null),
    oneTimeCode,
    beforeSubmit: options.beforeSubmit,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
  });
  if (!isRcmError(ended)) return { outcome: await inWords(parts, ended), submitted };
  const { mask } = createSecretMask([...everySecret(options.credential), ...typedCodes]);
  return { outcome: withoutWords(ended, mask), submitted };
}

async function inWords(parts: SessionParts, entry: LoginWords): Promise<LoginOutcome> {
  const date = entry.date ? await readDate(parts.watch.page, entry.date) : null;
  if (entry.is === 'accepted') return { kind: 'accepted', ...(date ? { passwordExpiresAt: date } : {}) };
  if (entry.is === 'throttled') return { kind: 'throttled', ...(date ? { until: date } : {}) };
  if (entry.is === 'unavailable') return { kind: 'unavailable', detail: 'The portal says that it is not available.' };
  return { kind: entry.is };
}

function withoutWords(error: RcmError, mask: (text: string) => string): LoginOutcome {
  if (error.code === 'login_mfa_required') return { kind: 'mfa_required' };
  return { kind: error.code === 'portal_unavailable' ? 'unavailable' : 'unknown', detail: mask(error.message) };
}
