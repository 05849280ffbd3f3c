import { isRcmError, type RcmError, type Secret } from '@rcm/telemetry';
import type { LoginOptions } from '../driver.ts';
import type { LoginOutcome, LoginResult } from '../outcome.ts';
import { BEFORE_SUBMIT, type LoginWords } from '../recipe/outcomes.ts';
import { credentialValues } from './credential-values.ts';
import { codeFrom } from './one-time-code.ts';
import { hostMoved } from './host-moved.ts';
import type { SessionDependencies } from './dependencies.ts';
import { runSending } from './sending.ts';
import { untilOf } from './until.ts';

/** Whoever is let in goes on, and whoever is to choose a new password first. */
const GOES_ON: ReadonlySet<LoginWords['is']> = new Set(['accepted', 'password_expired', 'change_forced']);

/**
 * Logs in once. Never throws but for what `beforeSubmit` threw: how a login ended is always a result. `room`: told how many characters the field for the password
 * takes at most, where it says so.
 */
export async function login(dependencies: SessionDependencies, options: LoginOptions, room: (most: number) => void): Promise<LoginResult> {
  const { outcomes, steps } = dependencies.recipe.login;
  let proven = false;
  let expiresAt: Date | null = null;

  const oneTimeCode = (provesPassword: boolean): Promise<Secret<string>> => {
    proven = provesPassword;
    return codeFrom(options.totp, dependencies.secrets);
  };

  const { ended, submitted, left } = await runSending<LoginWords>(dependencies, {
    name: 'login',
    steps,
    early: outcomes.filter((entry) => BEFORE_SUBMIT.includes(entry.is)),
    outcomes,
    resolve: credentialValues(options.credential, null),
    oneTimeCode,
    room,
    expiry: (date) => void (expiresAt = date),
    beforeSubmit: options.beforeSubmit,
    mayLeave: options.mayLeave,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
    goesOn: ({ is }, sent) => sent && GOES_ON.has(is),
  });
  if (!isRcmError(ended) && GOES_ON.has(ended.is) && !left) return { outcome: unsent(ended), submitted };
  if (!isRcmError(ended)) return { outcome: await inWords(dependencies, ended, { expiresAt, left }), submitted };
  const moved = hostMoved(dependencies, ended);
  if (moved) return { outcome: moved, submitted };
  return { outcome: withoutWords(ended, dependencies.secrets.mask().mask, proven && left), submitted };
}

/** A page that welcomes somebody before it has asked its server would prove any password, and a rotation would keep one that the portal does not have. */
const unsent = ({ is }: LoginWords): LoginOutcome => ({ kind: 'unknown', detail: `The page shows "${is}", but nothing was sent since the submit.` });

/** What is known beside the portal's words, in the form in which outcomes tell it. */
interface Told {
  readonly until: { readonly until?: Date };
  /** Of the password; only an accepted login tells it. */
  readonly expiry: { readonly passwordExpiresAt?: Date };
  readonly proof: { readonly provesPassword?: true };
}

/** What an outcome tells of each kind of words. */
const OUTCOMES: Readonly<Record<LoginWords['is'], (told: Told) => LoginOutcome>> = {
  accepted: ({ expiry }) => ({ kind: 'accepted', ...expiry }),
  rejected: () => ({ kind: 'rejected' }),
  rejected_or_locked: ({ until }) => ({ kind: 'rejected_or_locked', ...until }),
  locked: ({ until }) => ({ kind: 'locked', ...until }),
  throttled: ({ until }) => ({ kind: 'throttled', ...until }),
  challenged: ({ proof, until }) => ({ kind: 'challenged', ...proof, ...until }),
  mfa_required: ({ proof, until }) => ({ kind: 'mfa_required', ...proof, ...until }),
  mfa_rejected: ({ proof, until }) => ({ kind: 'mfa_rejected', ...proof, ...until }),
  password_expired: ({ proof }) => ({ kind: 'password_expired', ...proof }),
  change_forced: ({ proof }) => ({ kind: 'change_forced', ...proof }),
  unavailable: ({ until }) => ({ kind: 'unavailable', detail: 'The portal says that it is not available.', ...until }),
};

async function inWords(
  dependencies: SessionDependencies,
  entry: LoginWords,
  { expiresAt, left }: { expiresAt: Date | null; left: boolean },
): Promise<LoginOutcome> {
  const until = await untilOf(dependencies, entry);
  const passwordExpiresAt = until.until ?? expiresAt;
  // A page may show before the password what it shows after it: what was not sent is not proven.
  const proof = entry.proves_password && left ? ({ provesPassword: true } as const) : {};
  return OUTCOMES[entry.is]({ until, expiry: passwordExpiresAt ? { passwordExpiresAt } : {}, proof });
}

function withoutWords(error: RcmError, mask: (text: string) => string, proven: boolean): LoginOutcome {
  if (error.code === 'login_mfa_required') return { kind: 'mfa_required', ...(proven ? { provesPassword: true } : {}) };
  return { kind: error.code === 'portal_unavailable' ? 'unavailable' : 'unknown', detail: mask(error.message) };
}
