import { join } from 'node:path';
import type { AccessKey } from './identity/principal.ts';
import { storageError } from './start-error.ts';
import { replaceFile } from './storage/replace-file.ts';

/** An AWS shared credentials file with a default profile, mode 600; replaced as a whole. Errors: StartError. */
export function writeCredentialsFile(path: string, key: AccessKey): void {
  writeKeyFile(path, `[default]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`);
}

/** `<folder>/<role>.token` for each role, for AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE. Errors: StartError. */
export function writeTaskTokens(folder: string, roles: readonly string[], tokenOf: (role: string) => string): void {
  for (const role of roles) writeKeyFile(join(folder, `${role}.token`), tokenOf(role));
}

function writeKeyFile(path: string, text: string): void {
  try {
    replaceFile(path, text);
  } catch (error) {
    throw storageError(path, error);
  }
}
