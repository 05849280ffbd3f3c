import { Encrypter } from 'age-encryption';
import { RcmError } from '@rcm/telemetry';
import type { IdentityKeys } from '../login-identity.ts';
import type { BackedUpLogin, BackupHead } from './backup.ts';
import { writeEnd, writeHead, writeLogin } from './lines.ts';
import { BackupMark } from './mark.ts';

export interface SealOptions {
  /** Public keys in the form of age (`age1…`, `age1pq1…`): whoever holds the identity of any of them can open the file, and nobody else. */
  readonly recipients: readonly string[];
  readonly keys: IdentityKeys;
  readonly head: BackupHead;
  /** Read as fast as the file is written, one in memory at a time. What it throws ends the file without its end. */
  readonly logins: AsyncIterable<BackedUpLogin>;
}

/** A public key of age, as `age-keygen -y` prints it: whole, by its own checksum. */
export function isRecipient(recipient: string): boolean {
  try {
    new Encrypter().addRecipient(recipient);
    return true;
  } catch {
    return false;
  }
}

/** Of a deployment, one or several. Fails with `config_invalid`. */
export function checkRecipients(recipients: readonly string[]): readonly string[] {
  if (!recipients.every(isRecipient))
    throw new RcmError('config_invalid', 'A recipient of backups is not one of age: it begins with age1 and is what `age-keygen -y` prints.');
  if (recipients.length === 0) throw new RcmError('config_invalid', 'No recipient is named that backups are sealed to (RCM_BACKUP_RECIPIENTS).');
  return recipients;
}

/**
 * The bytes of a backup: a line for each login, sealed in the format of age (age-encryption.org/v1), so that its own program opens the file where nothing
 * of this platform is left. What is written cannot be read again by who writes it. Fails with `config_invalid`.
 */
export async function sealBackup({ recipients, keys, head, logins }: SealOptions): Promise<ReadableStream<Uint8Array>> {
  const encrypter = new Encrypter();
  for (const recipient of checkRecipients(recipients)) encrypter.addRecipient(recipient);
  return encrypter.encrypt(ReadableStream.from(bytesOf({ keys, head, logins })));
}

async function* bytesOf({ keys, head, logins }: Omit<SealOptions, 'recipients'>): AsyncGenerator<Uint8Array> {
  const mark = BackupMark.writing(keys);
  const marked = (text: string): Uint8Array => {
    const line = Buffer.from(text, 'utf8');
    mark.add(line);
    return Buffer.concat([line, NEWLINE]);
  };
  yield marked(writeHead(head));
  let count = 0;
  for await (const login of logins) {
    yield marked(writeLogin(login).reveal());
    count += 1;
  }
  yield Buffer.from(`${writeEnd({ logins: count, ...mark.value() })}\n`, 'utf8');
}

const NEWLINE = Buffer.from('\n');
