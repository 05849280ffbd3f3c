import { RcmError } from '@rcm/telemetry';
import { firstOfOurs, numbersBefore } from './history.ts';
import { mustKeepFields, stagedAsGiven, unlessMoved } from './rehearsal.ts';
import { checkVaultSize } from './size-policy.ts';
import type { Rehearsal, RehearseOptions } from './store.ts';
import type { VaultCalls } from './vault-calls.ts';
import { readSecret } from './vault-read.ts';
import { findWrittenOver } from './written-over.ts';

export interface VaultRehearsal {
  readonly calls: VaultCalls;
  readonly paths: { readonly current: string; readonly staged: string };
  readonly base: string;
  readonly options: RehearseOptions;
}

/**
 * Proves: the copy can be read back and is as given; current is at `base`; the size fits; the token's policies allow current to be
 * written (`sys/capabilities-self`). Check-and-set is used on every write, so a mount that requires it changes nothing.
 * Not proven: that Vault's storage takes the write, what Sentinel or control groups would say, that it stays so until `promote`.
 */
export async function rehearseOnVault({ calls, paths, base, options }: VaultRehearsal): Promise<Rehearsal> {
  const staged = stagedAsGiven(await readSecret(calls, paths.staged, options), options);
  checkVaultSize(staged.text);
  const current = unlessMoved(await readSecret(calls, paths.current, options), base);
  mustKeepFields(staged, current);
  const capabilities = await calls.capabilities(paths.current, options);
  if (!capabilities.some((capability) => capability === 'update' || capability === 'root'))
    throw new RcmError('store_denied', 'The policy of the AppRole does not allow the current secret to be written. Nothing was written.');
  const overwritten = await findWrittenOver(current, async ({ version }) =>
    firstOfOurs(numbersBefore(version), (number) => readSecret(calls, paths.current, options, number)),
  );
  return { overwritten };
}
