import { isRcmError } from '@rcm/telemetry';
import { readPlatformConfig } from './config.ts';
import { folderProblem } from './data/folder.ts';
import { readOptions } from './options.ts';
import { runPlatform } from './run.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** The one place where an error becomes words and an exit code. */
function explain(error: unknown): number {
  const known = folderProblem('', error);
  if (!isRcmError(known)) {
    process.stderr.write(`An unexpected error: ${known instanceof Error ? known.message : String(known)}\n`);
    return EXIT_FAILED;
  }
  process.stderr.write(`${known.message}\n`);
  if (known.code === 'cancelled') return EXIT_INTERRUPTED;
  return known.code === 'config_invalid' ? EXIT_USAGE : EXIT_FAILED;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if ('exitCode' in options) return options.exitCode;
  try {
    return await runPlatform(options, readPlatformConfig(process.env), process.env);
  } catch (error) {
    return explain(error);
  }
}

// Explicitly: a handle that somebody forgot must not keep a finished run from ending.
process.exit(await main());
