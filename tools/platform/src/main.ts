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
