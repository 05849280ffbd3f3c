import type { Account } from './account/arns.ts';
import { createKeyRing } from './keys/key-ring.ts';
import { openForReading } from './storage/database.ts';
import { readRootKey } from './storage/root-key.ts';
import { openValue, type StoredValue } from './storage/values.ts';

/**
 * Every distinct value that was ever written as a parameter or secret into this data file: current, overwritten, deleted,
 * staged and discarded. Text as text, binary as base64. For tests that search the rest of the machine for leaked values;
 * it may run while the server does. Errors: StartError about the data file or its key file.
 */
export async function everyValueEver(dataFile: string): Promise<string[]> {
  const root = readRootKey(dataFile);
  const database = openForReading(dataFile);
  try {
    // The account only matters for looking keys up by ARN; a blob names its key by id.
    const nobody: Account = { partition: 'aws', accountId: '000000000000', region: 'none' };
    const keys = createKeyRing(database, root, nobody);
    const values = database.all<StoredValue>('SELECT id, ciphertext, context, is_binary FROM stored_value ORDER BY id');
    return [...new Set(values.map((value) => openValue(keys, value).plaintext.toString(value.is_binary ? 'base64' : 'utf8')))];
  } finally {
    database.close();
  }
}
