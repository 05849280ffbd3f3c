import { RcmError } from '@rcm/telemetry';
import type { SecretReference } from '../reference.ts';
import type { SecretsManagerCalls, SecretVersion } from './secrets-manager-calls.ts';
import { CURRENT } from './secrets-manager-labels.ts';
import { secretId } from './secrets-manager-names.ts';
import type { CallOptions } from './store.ts';

export async function readCurrent(calls: SecretsManagerCalls, reference: SecretReference, options?: CallOptions): Promise<SecretVersion | null> {
  return calls.get(secretId(reference), { stage: CURRENT }, options);
}

/** Secrets Manager moves AWSCURRENT only away from the version named, so a lost race is prevented. */
export async function makeCurrent(
  calls: SecretsManagerCalls,
  id: string,
  move: { readonly from: string; readonly to: string },
  options?: CallOptions,
): Promise<{ readonly version: string }> {
  await options?.beforeWrite?.('make_current');
  if (await calls.moveStage(id, CURRENT, move, options)) return { version: move.to };
  const found = await mustExist(calls.get(id, { stage: CURRENT }, options));
  // An answer that was lost on the way: the SDK asked again and the label was there already.
  if (found.version === move.to) return { version: move.to };
  throw conflict(move.from, found.version);
}

export async function mustExist<T>(read: Promise<T | null>): Promise<T> {
  const found = await read;
  if (found === null) throw new RcmError('secret_missing', 'The secret, or its staged copy, is not in Secrets Manager.');
  return found;
}

export const conflict = (base: string, found: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${base} any more (found ${found}); current was left as it is.`, { details: { base, found } });
