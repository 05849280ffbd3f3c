import { z } from 'zod';
import { readConfig } from '../config.ts';
import { RcmError } from '../error.ts';
import { explain } from '../explain.ts';
import { createLogger } from '../logger.ts';
import { endOnUnhandled } from '../unhandled.ts';
import { preventCoreDumps } from './core-dumps.ts';
import { overwriteInitialEnvironment } from './initial-environment.ts';
import { guardOutput } from './lost-output.ts';
import { processEnvironment } from './process-environment.ts';
import { isDebugSwitch, nodeOptions, openingArguments, refusedVariables } from './refused-variables.ts';

/** Who asks for help is answered anywhere, and given no configuration: nothing can be done with it. */
const HELP = new Set(['--help', '-h', 'help']);
const NO_INSPECTOR = '--disable-sigusr1';

/** Secrets that libraries read from the environment themselves, whenever they need them. */
const isForeignSecret = (name: string): boolean => /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$|(PASSWORD|SECRET|TOKEN)$/.test(name);
const isOurs = (name: string): boolean => name.startsWith('RCM_');

/**
 * Runs an app where it may run: without an inspector that a signal opens, not as root unless that is allowed by name, without variables that
 * lead secrets elsewhere, and without core dumps. Debug switches are gone before `app` loads anything, and so is the platform's own
 * configuration: `app` alone is given it. So the app's modules must be imported by `app`, not before. Sets the exit code: the app's, 2 for
 * a refusal; an error that escapes ends the process with 1, after one masked line; what cannot be written ends nothing (`guardOutput`). `errorObject` is what a refusal is under `--json`, where the app's
 * own errors have another shape than `{"error": {"code", "message"}}`.
 */
export async function runGuarded(
  name: string,
  app: (environment: NodeJS.ProcessEnv) => Promise<number>,
  errorObject: (code: string, message: string) => object = (code, message) => ({ error: { code, message } }),
): Promise<void> {
  const logger = createLogger({ name, level: 'warn' });
  endOnUnhandled(logger);
  guardOutput();
  try {
    const asksForHelp = process.argv.slice(2).some((argument) => HELP.has(argument));
    const environment = asksForHelp ? {} : { ...process.env };
    const warnings = asksForHelp ? [] : checkedStart(environment);
    warnings.push(...hideEnvironment());
    const prevented = preventCoreDumps();
    if (prevented !== null) warnings.push(prevented);
    for (const warning of warnings) logger.warn(warning);
    process.exitCode = await app(environment);
  } catch (error) {
    const { exitCode, code, sentence } = explain(error, logger);
    process.stderr.write(`${sentence}\n`);
    if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(errorObject(code, sentence))}\n`);
    process.exitCode = exitCode;
  }
}

/** What is to be said although it may start. Fails with `config_invalid`, one line for each reason why it may not. */
function checkedStart(environment: NodeJS.ProcessEnv): string[] {
  const settings = readConfig(z.object(processEnvironment), environment);
  const problems: string[] = [];
  if (!process.execArgv.includes(NO_INSPECTOR) && !nodeOptions(environment.NODE_OPTIONS ?? '').includes(NO_INSPECTOR))
    problems.push(
      `Node runs without ${NO_INSPECTOR}, so that SIGUSR1 would open a debugger that reads every secret: start \`node ${NO_INSPECTOR} …\`, or put it into NODE_OPTIONS`,
    );
  for (const argument of openingArguments(process.execArgv))
    problems.push(`Node runs with ${argument.split('=')[0]}, which shows what this process holds: start it without`);
  if (process.geteuid?.() === 0 && settings.RCM_ALLOW_ROOT === undefined)
    problems.push('it runs as root: start it as a user of its own, or set RCM_ALLOW_ROOT=yes where there is no other way');
  const [allowed, refused] = [new Set(settings.RCM_ALLOW_VARIABLES), refusedVariables(environment)];
  for (const { name, why } of refused) if (!allowed.has(name)) problems.push(`${name} ${why}: unset it (or name it in RCM_ALLOW_VARIABLES)`);
  if (problems.length > 0) throw new RcmError('config_invalid', ['This process may not start like this:', ...problems.map((text) => `  ${text}.`)].join('\n'));
  return [
    ...refused.map(({ name, why }) => `RCM_ALLOW_VARIABLES lets ${name} stay, which ${why}.`),
    ...(environment.NODE_EXTRA_CA_CERTS ? ['NODE_EXTRA_CA_CERTS adds certificate authorities that every connection of this process trusts.'] : []),
    ...Object.keys(environment)
      .filter(isDebugSwitch)
      .map((name) => `${name} was removed: libraries would write secrets to stderr.`),
  ];
}

/** Takes debug switches and everything secret out of what this process, its libraries and its children see. */
function hideEnvironment(): string[] {
  for (const [name, value] of Object.entries(process.env)) {
    if (isOurs(name) || isDebugSwitch(name)) Reflect.deleteProperty(process.env, name);
    else if (isForeignSecret(name) && value !== undefined) {
      // Set anew it lies elsewhere than in the block that is overwritten.
      Reflect.deleteProperty(process.env, name);
      process.env[name] = value;
    }
  }
  // An `endpoint_url` in the shared configuration file does what AWS_ENDPOINT_URL does.
  process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = 'true';
  return overwriteInitialEnvironment((name) => isOurs(name) || isForeignSecret(name))
    ? []
    : ['Secrets that were given in the environment stay readable in /proc for processes of the same user: give them as files (NAME_FILE).'];
}
