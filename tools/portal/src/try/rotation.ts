import { type CredentialPayload, generatePassword, type PasswordRules } from '@rcm/credentials';
import { portalCredential } from '@rcm/portal-access/credential';
import type { ConfirmGuard } from '@rcm/portal-drivers';
import { RcmError, type Secret } from '@rcm/telemetry';
import { type KeptPasswords, type KeptState, keepPasswords } from '../credential/kept-passwords.ts';
import type { Interruption } from './interruption.ts';
import type { TryReport } from './report.ts';
import type { Trial } from './trial.ts';

export interface RotationOptions {
  readonly trial: Trial;
  readonly report: TryReport;
  readonly payload: Secret<CredentialPayload>;
  readonly rules: PasswordRules;
  readonly deadlineMs: number;
  readonly interruption: Interruption;
  /** File for both passwords; `null`: they are shown by `showPassword` before the submit. */
  readonly saveTo: string | null;
  /** Shows the new password to the person at the terminal, and to nothing that keeps what it is told. */
  readonly showPassword: (password: Secret<string>) => void;
  readonly say: (text: string) => void;
}

/**
 * Logs in, changes the password to a new one, and logs in with that in a session of its own. The new password is in the file
 * or on the terminal before the portal can have it; after an unclear change nothing more is tried.
 */
export async function tryRotation(options: RotationOptions): Promise<void> {
  const { trial, report, payload, rules, saveTo } = options;
  const { username, password: old } = payload.reveal();
  const password = generatePassword(rules, { username, current: old, previous: [old] });
  const kept =
    saveTo === null
      ? null
      : await keepPasswords({ path: saveTo, recipe: report.recipe, baseUrl: report.baseUrl, old: payload, fresh: withNewPassword(payload, password) });
  report.savedTo = kept?.path ?? null;
  try {
    await trial.inSession(async (session) => {
      report.login = await trial.login(session);
      if (report.login.outcome.kind !== 'accepted' && report.login.outcome.kind !== 'change_forced') return;
      report.change = await session.changePassword({
        credential: portalCredential(payload),
        newPassword: password,
        totp: trial.codes,
        confirm: CONFIRM,
        beforeSubmit: () => beforeSubmit(options, kept, password),
        deadlineMs: options.deadlineMs,
        signal: options.interruption.signal,
      });
    });
  } finally {
    options.interruption.answered();
    if (kept) await closeFile(options, kept);
  }
  if (report.change?.kind !== 'applied') return;
  report.verification = await trial.inSession((session) => trial.login(session, password));
  if (kept && report.verification.outcome.kind === 'accepted') await noted(options, kept, 'applied and verified');
}

/** Nobody keeps a ledger here: whoever tries a recipe has been told that it is one try. */
const CONFIRM: ConfirmGuard = { before: async () => undefined, after: async () => undefined };

async function beforeSubmit({ interruption, showPassword }: RotationOptions, kept: KeptPasswords | null, password: Secret<string>): Promise<void> {
  if (kept) await kept.note('submitting');
  else showPassword(password);
  if (interruption.signal.aborted) throw new RcmError('cancelled', 'Stopped before the new password was submitted.');
  interruption.submitting();
}

/** What the file says after the change; it goes where the portal cannot have the new password. */
async function closeFile(options: RotationOptions, kept: KeptPasswords): Promise<void> {
  const { change } = options.report;
  if (change?.submitted) return noted(options, kept, change.kind);
  await kept.remove();
  options.report.savedTo = null;
}

/** The file holds both passwords already: that its last word cannot be written ends nothing. */
async function noted({ say }: RotationOptions, kept: KeptPasswords, state: KeptState): Promise<void> {
  await kept.note(state).catch(() => say(`${kept.path} could not be brought up to date (${state}); it holds both passwords.\n`));
}

const withNewPassword = (payload: Secret<CredentialPayload>, password: Secret<string>): Secret<CredentialPayload> =>
  payload.map((value) => ({
    ...value,
    password: password.reveal(),
    metadata: { ...value.metadata, last_rotated: new Date().toISOString(), rotation_method: 'manual' },
  }));
