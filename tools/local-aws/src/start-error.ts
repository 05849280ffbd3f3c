/** Why a server of this kind cannot start, or a data file cannot be read. */
export type StartErrorCode =
  | 'port_unavailable'
  | 'storage_unwritable'
  | 'storage_full'
  | 'data_file_broken'
  | 'data_file_in_use'
  | 'data_file_mismatch'
  | 'data_file_unusable'
  | 'key_file_missing'
  | 'key_file_broken'
  | 'options_invalid';

/** `message` is one sentence that a person can act on; the command line prints it as it is. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

const UNWRITABLE = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EISDIR']);

/** What the system said while a file was opened or written, as a start error about that file. */
export function storageError(path: string, cause: unknown): StartError {
  if (cause instanceof StartError) return cause;
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  const primary = typeof errcode === 'number' ? errcode & 0xff : null;
  if (code === 'ENOSPC' || code === 'EDQUOT' || primary === SQLITE.full) {
    return new StartError('storage_full', `There is no space left to write ${path}.`, cause);
  }
  if (primary === SQLITE.busy) return new StartError('data_file_in_use', `${path} is in use by another process.`, cause);
  if (primary === SQLITE.notADatabase || primary === SQLITE.corrupt) {
    return new StartError('data_file_broken', `${path} is not a readable local-aws data file.`, cause);
  }
  if ((typeof code === 'string' && UNWRITABLE.has(code)) || primary === SQLITE.readonly || primary === SQLITE.cannotOpen || primary === SQLITE.ioError) {
    return new StartError('storage_unwritable', `${path} cannot be written; choose another data file or make its folder writable.`, cause);
  }
  return new StartError('data_file_broken', `${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`, cause);
}

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const SQLITE = { busy: 5, readonly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const;
