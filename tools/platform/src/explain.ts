import { isRcmError } from '@rcm/telemetry';
import { folderProblem } from './data/folder.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** The one place where an error becomes words and an exit code. */
export function explain(error: unknown): number {
  const known = folderProblem(null, error);
  if (!isRcmError(known)) {
    process.stderr.write(`An unexpected error: ${known instanceof Error ? known.message : String(known)}\n`);
    return EXIT_FAILED;
  }
  process.stderr.write(`${known.message}\n`);
  if (known.code === 'cancelled') return EXIT_INTERRUPTED;
  return known.code === 'config_invalid' ? EXIT_USAGE : EXIT_FAILED;
}
