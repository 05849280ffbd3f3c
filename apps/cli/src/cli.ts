import { CommanderError } from 'commander';
import { createLogger, explain, plainWords, RcmError } from '@rcm/telemetry';
import { jsonLine } from '@rcm/telemetry/json-shape';
import { errorObject, todoFor } from './errors.ts';
import { gatheredFor } from './gathered-commands.ts';
import { runGathered } from './gathered.ts';
import { type Globals, isHelp, takeGlobals } from './globals.ts';
import { withProfile } from './profile.ts';
import type { Report } from './report.ts';
import { type Terminal, viewOf } from './terminal.ts';
import { commandTree } from './tree.ts';

/** The command line. Returns the exit code: 0 done and well, 1 something asked for is not well or could not be done, 2 the call or the configuration is wrong. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  let globals: Globals | null = null;
  try {
    globals = takeGlobals(argv);
    const { profile, rest } = globals;
    const environment = profile === null || rest.some(isHelp) ? { ...terminal.environment } : withProfile(profile, terminal.environment);
    giveToAws(environment);
    return await run(globals, { ...terminal, environment });
  } catch (error) {
    return fail(error, globals?.json ?? argv.includes('--json'), terminal);
  }
}

async function run(globals: Globals, terminal: Terminal): Promise<number> {
  const gathered = gatheredFor(globals.rest);
  if (gathered) return runGathered(gathered, terminal);
  let exitCode = 0;
  const now = new Date();
  const print = (report: Report): void => {
    terminal.stdout.write(globals.json ? jsonLine(report.json) : `${report.lines(viewOf(terminal, globals.colour, now)).join('\n')}\n`);
    exitCode = report.wrongCall ? 2 : report.well ? 0 : 1;
  };
  await commandTree({ terminal, now, print }).parseAsync([...globals.rest], { from: 'user' });
  return exitCode;
}

/** The AWS SDK reads these itself; a profile sets no others. */
function giveToAws(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment)) if (name.startsWith('AWS_') && value !== undefined) process.env[name] = value;
}

/** The one place where an error becomes words, for a program one JSON object, and an exit code. */
function fail(error: unknown, json: boolean, { stdout, stderr }: Terminal): number {
  if (error instanceof CommanderError) {
    // Commander has written its own errors, and the help that was asked for.
    if (error.exitCode === 0) return 0;
    if (json) stdout.write(`${JSON.stringify(errorObject('input_invalid', plainWords(error.message).replace(/^error: /, '')))}\n`);
    return 2;
  }
  const { exitCode, code, sentence } = explain(error, createLogger({ name: 'rcm' }));
  if (json) stdout.write(`${JSON.stringify(errorObject(code, sentence))}\n`);
  else {
    const todo = error instanceof RcmError ? todoFor(code) : todoFor('unexpected');
    stderr.write(`${sentence}\n${todo === null ? '' : `→ ${todo}\n`}`);
  }
  return exitCode;
}
