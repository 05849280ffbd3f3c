import { z } from 'zod';
import { keyArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import type { KeyRecord, KeyState } from './key-ring.ts';
import { keyIdSchema, requireKey, resourceOf } from './operations.ts';

const DAY_MS = 86_400_000;

function setState(call: Call, key: KeyRecord, state: KeyState, deletionAt: number | null): void {
  call.database.run('UPDATE kms_key SET state = ?, deletion_at = ? WHERE id = ?', state, deletionAt, key.id);
}

function requireCustomerKey(call: Call, reference: string): KeyRecord {
  const key = requireKey(call, reference);
  if (key.manager === 'AWS') throw new AwsError('AccessDeniedException', 'A key that AWS manages for a service cannot be changed.');
  return key;
}

const wrongState = (call: Call, key: KeyRecord): AwsError => {
  const words: Readonly<Record<KeyState, string>> = { Enabled: 'is enabled', Disabled: 'is disabled', PendingDeletion: 'is pending deletion' };
  return new AwsError('KMSInvalidStateException', `${keyArn(call.account, key.id)} ${words[key.state]}.`);
};

/** DisableKey and EnableKey: a key that is pending deletion changes neither way. */
const switchTo = (state: 'Enabled' | 'Disabled') =>
  operation({
    input: z.strictObject({ KeyId: keyIdSchema }),
    resources: resourceOf,
    run({ KeyId }, call) {
      const key = requireCustomerKey(call, KeyId);
      if (key.state === 'PendingDeletion') throw wrongState(call, key);
      setState(call, key, state, null);
      return {};
    },
  });

export const disableKey = switchTo('Disabled');
export const enableKey = switchTo('Enabled');

/** The key stays in PendingDeletion: local-aws never destroys material, `everyValueEver` still needs it. */
export const scheduleKeyDeletion = operation({
  input: z.strictObject({ KeyId: keyIdSchema, PendingWindowInDays: z.number().int().min(7).max(30).optional() }),
  resources: resourceOf,
  run({ KeyId, PendingWindowInDays = 30 }, call) {
    const key = requireCustomerKey(call, KeyId);
    if (key.state === 'PendingDeletion') throw wrongState(call, key);
    const deletionAt = call.now.getTime() + PendingWindowInDays * DAY_MS;
    setState(call, key, 'PendingDeletion', deletionAt);
    return { KeyId: keyArn(call.account, key.id), DeletionDate: new Date(deletionAt), KeyState: 'PendingDeletion', PendingWindowInDays };
  },
});

export const cancelKeyDeletion = operation({
  input: z.strictObject({ KeyId: keyIdSchema }),
  resources: resourceOf,
  run({ KeyId }, call) {
    const key = requireCustomerKey(call, KeyId);
    if (key.state !== 'PendingDeletion') throw wrongState(call, key);
    setState(call, key, 'Disabled', null);
    return { KeyId: keyArn(call.account, key.id) };
  },
});
