import { isRcmError, RcmError, type Secret } from '@rcm/telemetry';
import type { ChangeOptions } from '../driver.ts';
import type { ChangeOutcome } from '../outcome.ts';
import type { ChangeWords } from '../recipe/outcomes.ts';
import { type Confirming, confirmPassword } from './confirm.ts';
import { credentialValues } from './credential-values.ts';
import { codeFrom } from './one-time-code.ts';
import type { SessionDependencies } from './dependencies.ts';
import { runSending } from './sending.ts';
import { fitsIn } from './typing.ts';
import { untilOf } from './until.ts';

/**
 * Changes the password once. Never throws but for what `beforeSubmit` or the guard of `confirm` threw, and `recipe_invalid` where the recipe has no
 * change. Whatever is not said in the portal's words is `unknown`: it may have been applied. A new password
 * that is longer than its field allows is refused as `too_long` without a submit, and one that its page writes otherwise as `rewritten`. `forced`: the login ended on the portal's
 * own demand for a new password, which may have a form of its own. `room`: how many characters could be typed at the login; with more nobody would ever sign in again.
 */
export async function changePassword(
  dependencies: SessionDependencies,
  options: ChangeOptions,
  { forced, room }: { readonly forced: boolean; readonly room: number | null },
): Promise<ChangeOutcome> {
  const { session } = dependencies.recipe;
  const change = (forced ? dependencies.recipe.forced_change : undefined) ?? dependencies.recipe.change;
  if (!change) throw new RcmError('recipe_invalid', 'The recipe does not say how a password is changed.');
  if (room !== null && !fitsIn(options.newPassword, room)) return { kind: 'refused', rule: 'too_long', submitted: false };
  let endsAt = performance.now() + options.deadlineMs;
  const loggedOut: ChangeWords = { when: session.logged_out, is: 'unknown' };
  if (!forced) dependencies.watch.home();
  const oneTimeCode = (): Promise<Secret<string>> => codeFrom(options.totp, dependencies.secrets);
  // What the page before it waits for a code is none of the time of the change either.
  const codeBefore = (): Promise<Secret<string>> => {
    const askedAt = performance.now();
    return oneTimeCode().finally(() => (endsAt += performance.now() - askedAt));
  };
  const stopped = change.confirm ? await confirm(dependencies, { recipe: change.confirm, options, oneTimeCode: codeBefore }) : null;
  if (stopped) return stopped;
  const { ended, submitted } = await runSending<ChangeWords>(dependencies, {
    name: 'change',
    steps: change.steps,
    early: [loggedOut],
    outcomes: [...change.outcomes, loggedOut],
    resolve: credentialValues(options.credential, options.newPassword),
    oneTimeCode,
    expiry: () => undefined,
    beforeSubmit: options.beforeSubmit,
    mayLeave: options.mayLeave,
    counts: 'what left',
    deadlineMs: Math.max(1, endsAt - performance.now()),
    signal: options.signal,
  });
  if (isRcmError(ended)) return withoutWords(dependencies, ended, submitted);
  if (ended === loggedOut) return { kind: 'unknown', detail: `The portal shows its login page (${when(submitted)}).`, submitted };
  return inWords(dependencies, ended, { session: change.session, submitted });
}

async function inWords(
  dependencies: SessionDependencies,
  words: ChangeWords,
  { session, submitted }: { session: 'kept' | 'ended' | undefined; submitted: boolean },
): Promise<ChangeOutcome> {
  if (words.is === 'applied') return { kind: 'applied', submitted: true, ...(session ? { session } : {}) };
  if (words.is === 'refused') return { kind: 'refused', rule: words.rule ?? 'unnamed', submitted, ...(await untilOf(dependencies, words)) };
  return { kind: 'unknown', detail: `The portal says nothing clear (${when(submitted)}).`, submitted };
}

function withoutWords(dependencies: SessionDependencies, error: RcmError, submitted: boolean): ChangeOutcome {
  if (!submitted && error.details.maxLength !== undefined) return { kind: 'refused', rule: 'too_long', submitted };
  if (error.details.rewritten === true) return { kind: 'refused', rule: 'rewritten', submitted };
  if (!submitted && wantsCode(dependencies, error)) return CODE_WANTED;
  return { kind: 'unknown', detail: dependencies.secrets.mask().mask(`${error.message} (${when(submitted)})`), submitted };
}

const when = (submitted: boolean): string => (submitted ? 'after the submit' : 'nothing was submitted');

/** `null`: the change may go on. Of the new password nothing has been typed in any case. */
async function confirm(dependencies: SessionDependencies, confirming: Confirming): Promise<ChangeOutcome | null> {
  const { end, detail, failure } = await confirmPassword(dependencies, confirming);
  if (end.kind === 'confirmed') return null;
  if (failure && wantsCode(dependencies, failure)) return CODE_WANTED;
  if (end.kind === 'refused') return { ...end, submitted: false };
  return { kind: 'unknown', detail: `${detail} (nothing was submitted)`, submitted: false };
}

const CODE_WANTED: ChangeOutcome = { kind: 'refused', rule: 'code_wanted', submitted: false };

/** The page asks for a one-time code, and the login has none. Recipes of version 1 go on hearing that the end is not known. */
const wantsCode = ({ recipe }: SessionDependencies, { code }: RcmError): boolean => recipe.version > 1 && code === 'login_mfa_required';
