import { renameSync, writeFileSync } from 'node:fs';
import type { AccessKey } from './identity/principal.ts';
import { storageError } from './start-error.ts';

/** An AWS shared credentials file with a default profile, mode 600; replaced as a whole. Errors: LocalAwsStartError. */
export function writeCredentialsFile(path: string, key: AccessKey): void {
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, `[default]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    throw storageError(path, error);
  }
}
