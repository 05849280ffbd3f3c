import type { RcmError } from '@rcm/telemetry';
import { isRcmError } from '@rcm/telemetry';
import type { ChangeOptions } from '../driver.ts';
import type { ConfirmEnd, ConfirmResult } from '../outcome.ts';
import type { ConfirmWords } from '../recipe/outcomes.ts';
import type { ConfirmRecipe } from '../recipe/recipe.ts';
import type { Act } from './act.ts';
import { credentialValues } from './credential-values.ts';
import type { SessionDependencies } from './dependencies.ts';
import { runSending } from './sending.ts';
import { untilOf } from './until.ts';

export interface Confirming {
  readonly recipe: ConfirmRecipe;
  readonly options: ChangeOptions;
  readonly oneTimeCode: Act<ConfirmWords>['oneTimeCode'];
}

/** How the page ended, and for an unclear end why. */
export interface Confirmed extends ConfirmResult {
  readonly detail: string;
  /** The failure, where there was one before the password left. */
  readonly failure: RcmError | null;
}

/**
 * Types the current password on the page that asks for it before a change, guarded like a submit. A page that shows what comes after it without having
 * asked (a portal remembers for some minutes) is confirmed, too. Throws what the guard threw.
 */
export async function confirmPassword(dependencies: SessionDependencies, { recipe, options, oneTimeCode }: Confirming): Promise<Confirmed> {
  const loggedOut: ConfirmWords = { when: dependencies.recipe.session.logged_out, is: 'unknown' };
  let asked = false;
  const { ended, submitted, typed } = await runSending<ConfirmWords>(dependencies, {
    name: 'change',
    steps: recipe.steps,
    early: [...recipe.outcomes.filter(({ is }) => is === 'confirmed' || is === 'locked'), loggedOut],
    outcomes: [...recipe.outcomes, loggedOut],
    resolve: credentialValues(options.credential, null),
    oneTimeCode,
    expiry: () => undefined,
    beforeSubmit: async () => {
      await options.confirm.before({ counts: recipe.counts ?? true });
      asked = true;
    },
    mayLeave: options.mayLeave,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
    goesOn: ({ is }) => is === 'confirmed',
  });
  // A page that goes on by itself after the password was typed has done something else than the recipe says.
  const end = isRcmError(ended) || (ended.is === 'confirmed' && typed && !submitted) ? ({ kind: 'unknown' } as const) : await endOf(dependencies, ended);
  if (asked) await options.confirm.after({ end, submitted });
  return { end, submitted, detail: detailOf(dependencies, ended, loggedOut), failure: isRcmError(ended) && !submitted ? ended : null };
}

async function endOf(dependencies: SessionDependencies, words: ConfirmWords): Promise<ConfirmEnd> {
  if (words.is === 'refused') return { kind: 'refused', rule: words.rule ?? 'unnamed', ...(await untilOf(dependencies, words)) };
  if (words.is === 'locked') return { kind: 'locked', ...(await untilOf(dependencies, words)) };
  return { kind: words.is };
}

function detailOf(dependencies: SessionDependencies, ended: ConfirmWords | RcmError, loggedOut: ConfirmWords): string {
  if (isRcmError(ended)) return dependencies.secrets.mask().mask(ended.message);
  if (ended === loggedOut) return 'The portal shows its login page instead of asking for the current password.';
  if (ended.is === 'locked') return 'The portal says that the account is locked, where it asks for the current password.';
  return 'The portal says nothing clear where it asks for the current password.';
}
