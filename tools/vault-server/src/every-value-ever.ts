import { openForReading } from './storage/database.ts';
import { readRootKey } from './storage/root-key.ts';

/**
 * Every distinct string that was ever written as a value of a secret into this data file: current, overwritten, deleted, destroyed.
 * For tests that search the rest of the machine for leaked values; it may run while the server does. Fails with `data_file_unusable`.
 */
export async function everyValueEver(dataFile: string): Promise<string[]> {
  const root = readRootKey(dataFile);
  const database = openForReading(dataFile);
  try {
    const boxes = database.all<{ readonly box: Uint8Array }>('SELECT box FROM stored_value ORDER BY id');
    const data = boxes.map(({ box }) => JSON.parse(root.open(box)) as Record<string, unknown>);
    return [...new Set(data.flatMap((fields) => Object.values(fields).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))))];
  } finally {
    database.close();
  }
}
