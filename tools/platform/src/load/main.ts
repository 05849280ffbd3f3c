import { readPlatformConfig } from '../config.ts';
import { explain } from '../explain.ts';
import { describeLoad, measureLoad } from './load.ts';
import { readLoadOptions } from './options.ts';

async function main(): Promise<number> {
  const options = readLoadOptions(process.argv.slice(2));
  if ('exitCode' in options) return options.exitCode;
  try {
    const result = await measureLoad(options, readPlatformConfig(process.env), process.env);
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : describeLoad(result));
    return 0;
  } catch (error) {
    return explain(error);
  }
}

// Explicitly: a handle that somebody forgot must not keep a finished run from ending.
process.exit(await main());
