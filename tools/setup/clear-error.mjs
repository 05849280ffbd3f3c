/** A failure that one sentence explains; its message is all that the user sees. */
export class ClearError extends Error {
  exitCode = 1;
}

/** One that lies in how it was called or configured. */
export class WrongCall extends ClearError {
  /** @override */
  exitCode = 2;
}

/** Sentences for what the file system refuses; the path is appended where it is known. */
const FILE_SYSTEM = {
  ENOSPC: 'The disk is full',
  EDQUOT: 'The disk quota is used up',
  EROFS: 'The file system is read-only',
  EACCES: 'A file or folder may not be written by this account',
  EPERM: 'A file or folder may not be changed by this account',
};

/**
 * The sentence for an error: its own for a ClearError, a plain one for a full or read-only disk, else null (a defect: show the stack).
 * @param {unknown} error
 * @returns {string | null}
 */
export function sentenceFor(error) {
  if (error instanceof ClearError) return error.message;
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error ?? {});
  const sentence = code && Object.hasOwn(FILE_SYSTEM, code) ? FILE_SYSTEM[/** @type {keyof typeof FILE_SYSTEM} */ (code)] : null;
  return sentence && (path ? `${sentence}: ${path}` : `${sentence}.`);
}
