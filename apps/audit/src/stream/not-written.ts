import { RcmError } from '@rcm/telemetry';

/** A disk is made room on, or mended: a stream waits for that. */
const PASSES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO']);

/** What it means that a file of a stream was not written: `audit_unavailable` where that can pass, else `config_invalid`. */
export function notWritten(what: string, cause: unknown): RcmError {
  const { code = 'error' } = cause as NodeJS.ErrnoException;
  return new RcmError(PASSES.has(code) ? 'audit_unavailable' : 'config_invalid', `${what} (${code}).`, { cause });
}
