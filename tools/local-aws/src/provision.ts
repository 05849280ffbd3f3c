import type { Account } from './account/arns.ts';
import type { KeyRing } from './keys/key-ring.ts';
import { StartError } from './start-error.ts';
import type { Database } from './storage/database.ts';

export const CREDENTIALS_ALIAS = 'alias/rcm-credentials';
/** Keys that AWS makes for its services, and ours. */
const ALIASES = [
  { name: 'alias/aws/ssm', manager: 'AWS', description: 'Default key that protects my SSM parameters when no other key is defined' },
  { name: 'alias/aws/secretsmanager', manager: 'AWS', description: 'Default key that protects my Secrets Manager data when no other key is defined' },
  { name: CREDENTIALS_ALIAS, manager: 'CUSTOMER', description: 'Portal credentials' },
] as const;

export interface ProvisionOptions {
  readonly account: Account;
  readonly database: Database;
  readonly keys: KeyRing;
  readonly now: Date;
}

/**
 * Gives a fresh data file its account and keys, and checks an older one. Returns the id of the credentials key.
 * Fails with `data_file_mismatch`, or `key_file_broken` where the key file is another data file's.
 */
export function provision({ account, database, keys, now }: ProvisionOptions): string {
  for (const [fact, value] of [
    ['account id', account.accountId],
    ['region', account.region],
  ] as const) {
    database.run('INSERT INTO account_fact(name, value) VALUES (?, ?) ON CONFLICT DO NOTHING', fact, value);
    const kept = database.get<{ value: string }>('SELECT value FROM account_fact WHERE name = ?', fact)?.value;
    if (kept !== value) throw new StartError('data_file_mismatch', `The data file was made for ${fact} ${kept}, not ${value}.`);
  }
  for (const { name, manager, description } of ALIASES) {
    if (keys.find(name)) continue;
    const key = keys.create({ description, manager, now });
    database.run('INSERT INTO kms_alias(name, key_id, created_at) VALUES (?, ?, ?)', name, key.id, now.getTime());
  }
  const key = keys.find(CREDENTIALS_ALIAS);
  if (!key || !keys.holdsMaterial(key.id)) throw new StartError('key_file_broken', 'The key file does not belong to this data file.');
  return key.id;
}
