/**
 * `npm start`: the whole platform on one machine, as real processes. Threats: plaintext that stays somewhere after the scrub, a
 * process that outlives its run, two runs on one folder. It must never print a secret that it found, touch what it did not start,
 * or pass the user's own AWS keys on to a process.
 */
import { readPlatformConfig } from './config.ts';
import { explain } from './explain.ts';
import { readOptions } from './options.ts';
import { runPlatform } from './run.ts';

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
