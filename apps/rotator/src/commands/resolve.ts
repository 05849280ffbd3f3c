import { RcmError } from '@rcm/telemetry';
import type { RotationOutcome } from '../schedule/rotation-outcome.ts';
import type { RotatorProcess } from '../services.ts';
import { type CommandContext, type DoneLater, type PersonalAct, print } from './command.ts';
import { blockOf, resolveBlock } from './resolve-block.ts';
import { storedNow } from './seen-secret.ts';
import { report } from './report-rotations.ts';
import { readTypedPassword } from './typed-password.ts';
import type { ResolveOptions } from './resolve-options.ts';

/**
 * `resolve`: how a person leads out of `blocked`. They say which password the portal accepts; one login inside the ledger's budget proves
 * it, and only then anything changes. `current`: the attempt ends, the portal is unchanged. `staged` and `typed`: that password is
 * staged for a successor attempt before it is tried, and the successor makes it current by the acts of any rotation.
 * A person's word alone for `current` is of the version that they have looked at (`seen`). Fails with `state_conflict` where nothing is blocked, `input_invalid` without that version,
 * `store_conflict` where the secret has another one by now, `secret_missing`, `login_*` where the proof fails; then nothing has changed.
 */
export async function resolveCommand(context: CommandContext, options: ResolveOptions): Promise<number> {
  const { accept, dryRun } = options;
  const isWordAlone = accept === 'current' && options.proof === 'unverified';
  if (isWordAlone && options.seen === null && !dryRun)
    throw new RcmError('input_invalid', 'Say which version of the secret you have looked at: --seen VERSION, as --dry-run tells it. Nothing was changed.');
  const block = await blockOf(context.opened, options);
  const { endpoint, attempt } = block;
  if (dryRun) {
    const { version: secretVersion } = await storedNow(block, context.signal);
    print(context, { endpointId: endpoint.id, attemptId: attempt.id, dryRun, accept, secretVersion }, [
      `would resolve attempt ${attempt.id} (${attempt.detail ?? 'blocked'}) with the ${accept} password; nothing was changed`,
      `  The secret has version ${secretVersion} now${isWordAlone ? `: --seen ${secretVersion}, once you know that it is right` : ''}.`,
    ]);
    return 0;
  }
  const typed = options.accept === 'typed' ? await readTypedPassword(`Password that the portal accepts for ${endpoint.id}: `, context.signal) : null;
  const outcome = await resolveBlock(block, typed, context.signal);
  if (outcome !== 'resolved') return report(context, [outcome]);
  // What a search has found, the portal has accepted.
  const isProved = options.proof === 'login' || options.accept === 'found';
  print(context, { endpointId: endpoint.id, attemptId: attempt.id, resolved: 'current', proved: isProved }, [
    isProved
      ? `${endpoint.id}  resolved: the portal accepts the current password; agents may log in again`
      : `${endpoint.id}  resolved on your word: nobody has asked the portal for the current password; the rotation holds agents back no more`,
  ]);
  return 0;
}

/** The same for whoever shows it in another way, with what is stored and proved by a login. Returns how the rotation goes on, where it does. Fails as the command. */
export async function resolveLogin(
  services: Pick<RotatorProcess, 'rotator' | 'db'>,
  { mustBeWanted, ...asked }: PersonalAct & DoneLater & { readonly endpointId: string; readonly accept: 'current' | 'found' },
  signal: AbortSignal,
): Promise<RotationOutcome | 'resolved'> {
  const block = await blockOf(services, { ...asked, proof: 'login', seen: null });
  await mustBeWanted?.();
  return resolveBlock(block, null, signal);
}
