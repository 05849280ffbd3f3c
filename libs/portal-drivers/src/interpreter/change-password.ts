import { isRcmError, RcmError } from '@rcm/telemetry';
import type { ChangeOptions } from '../driver.ts';
import type { ChangeOutcome } from '../outcome.ts';
import type { ChangeWords } from '../recipe/outcomes.ts';
import { credentialValues } from './credential-values.ts';
import { codeFrom } from './one-time-code.ts';
import type { SessionParts } from './parts.ts';
import { runSending } from './sending.ts';

/**
 * Changes the password once. Never throws but for what `beforeSubmit` threw, and `recipe_invalid` where the recipe has no
 * change. Whatever is not said in the portal's words is `unknown`: it may have been applied. A new password
 * that is longer than its field allows is refused as `too_long` without a submit. `forced`: the login ended on the portal's
 * own demand for a new password, which may have a form of its own.
 */
export async function changePassword(parts: SessionParts, options: ChangeOptions, forced: boolean): Promise<ChangeOutcome> {
  const { session } = parts.recipe;
  const change = (forced ? parts.recipe.forced_change : undefined) ?? parts.recipe.change;
  if (!change) throw new RcmError('recipe_invalid', 'The recipe does not say how a password is changed.');
  const loggedOut: ChangeWords = { when: session.logged_out, is: 'unknown' };
  if (!forced) parts.watch.home();
  const { ended, submitted } = await runSending<ChangeWords>(parts, {
    name: 'change',
    steps: change.steps,
    early: [loggedOut],
    outcomes: [...change.outcomes, loggedOut],
    resolve: credentialValues(options.credential, options.newPassword),
    oneTimeCode: () => codeFrom(options.totp, parts.secrets),
    expiry: () => undefined,
    beforeSubmit: options.beforeSubmit,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
  });
  const when = submitted ? 'after the submit' : 'nothing was submitted';
  if (isRcmError(ended) && !submitted && ended.details['maxLength'] !== undefined) return { kind: 'refused', rule: 'too_long', submitted };
  if (isRcmError(ended)) return { kind: 'unknown', detail: parts.secrets.mask().mask(`${ended.message} (${when})`), submitted };
  if (ended === loggedOut) return { kind: 'unknown', detail: `The portal shows its login page (${when}).`, submitted };
  if (ended.is === 'applied') return { kind: 'applied', submitted: true, ...(change.session ? { session: change.session } : {}) };
  if (ended.is === 'refused') return { kind: 'refused', rule: ended.rule ?? 'unnamed', submitted };
  return { kind: 'unknown', detail: `The portal says nothing clear (${when}).`, submitted };
}
