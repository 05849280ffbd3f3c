import { Decrypter } from 'age-encryption';
import { isRcmError, Secret } from '@rcm/telemetry';
import type { IdentityKeys } from '../login-identity.ts';
import { parseReference } from '../reference.ts';
import type { BackedUpLogin, BackupEnd, BackupHead } from './backup.ts';
import { MAX_LINE_BYTES, notABackup, readLine } from './lines.ts';
import { BackupMark } from './mark.ts';

export interface OpenOptions {
  /** Identities in the form of age (`AGE-SECRET-KEY-1…`), of which one is enough. */
  readonly identities: readonly Secret<string>[];
  readonly keys: IdentityKeys;
  readonly file: ReadableStream<Uint8Array>;
}

export interface OpenedBackup {
  readonly head: BackupHead;
  /** Each is as it was sealed. To the end once; returns what the file says of itself there, and fails where the end is missing or does not fit. */
  readonly logins: AsyncGenerator<BackedUpLogin, BackupEnd>;
}

/** Opens a backup and reads its head. Fails with `input_invalid`: no backup, not sealed to these identities, changed, or cut off. */
export async function openBackup({ identities, keys, file }: OpenOptions): Promise<OpenedBackup> {
  const mark = BackupMark.reading(keys);
  const lines = linesOf(await opened(identities, file), mark);
  const first = await lines.next();
  const line = first.done ? null : readLine(first.value);
  if (line?.kind !== 'head') throw notABackup('it does not begin as one');
  return { head: line.head, logins: loginsOf(lines, mark, line.head) };
}

async function* loginsOf(
  lines: AsyncGenerator<Secret<string>, void>,
  mark: BackupMark,
  { orgId, environment }: BackupHead,
): AsyncGenerator<BackedUpLogin, BackupEnd> {
  let count = 0;
  for await (const text of lines) {
    const line = readLine(text);
    if (line.kind === 'head') throw notABackup('it begins twice');
    if (line.kind === 'end') {
      if (line.end.logins !== count) throw notABackup('its end counts other logins than it has');
      if (!(await lines.next()).done) throw notABackup('it goes on behind its end');
      return { logins: count, origin: mark.originOf(line.end) };
    }
    if (!belongs(line.login, orgId, environment)) throw notABackup('it holds a login of another organization than its own');
    count += 1;
    yield line.login;
  }
  throw notABackup('it is cut off');
}

function belongs({ reference }: BackedUpLogin, orgId: string, environment: string): boolean {
  const named = parseReference(reference);
  return named.organizationId === orgId && named.environment === environment;
}

async function opened(identities: readonly Secret<string>[], file: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity.reveal());
  } catch {
    throw notABackup('an identity is not one of age; it begins with AGE-SECRET-KEY-');
  }
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    throw unreadable(error);
  }
}

/** Lines without their ends; every one but the last is told to the mark once a further one is there, as the last is the mark itself. */
async function* linesOf(bytes: ReadableStream<Uint8Array>, mark: BackupMark): AsyncGenerator<Secret<string>, void> {
  let rest = Buffer.alloc(0);
  let last: Buffer | null = null;
  const reader = bytes.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw unreadable(error);
      });
      if (done) break;
      rest = Buffer.concat([rest, value]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        if (last) {
          mark.add(last);
          yield new Secret(last.toString('utf8'));
        }
        last = rest.subarray(0, end);
        rest = rest.subarray(end + 1);
      }
      if (rest.length > MAX_LINE_BYTES) throw notABackup('one of its lines is longer than any of a backup');
    }
    if (rest.length > 0) throw notABackup('it is cut off');
    if (last) yield new Secret(last.toString('utf8'));
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What the library says may name bytes of the file; what it comes to is the same. */
const unreadable = (error: unknown) => (isRcmError(error) ? error : notABackup('it was not sealed to this identity, was changed, or is cut off'));
