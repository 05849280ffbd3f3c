import { RcmError } from '@rcm/telemetry';
import type { CalledAs } from '@rcm/telemetry/called-as';
import { environmentFor } from './environment.ts';
import type { Gathered, gatheredFor } from './gathered-commands.ts';
import { isHelp } from './globals.ts';
import type { Terminal } from './terminal.ts';

/** Runs it as its own program would; returns its exit code. Fails with `input_invalid`, `config_invalid`. */
export async function runGathered({ command, rest }: NonNullable<ReturnType<typeof gatheredFor>>, terminal: Terminal): Promise<number> {
  const args = [...command.there, ...wordsFor(command, rest)];
  const environment =
    command.acting === null || args.some(isHelp) || args.includes('--dry-run')
      ? lenient(command, terminal.environment)
      : environmentFor(command.acting, terminal.environment);
  const as = calledAs(command);
  switch (command.program) {
    case 'rotator':
      return (await import('@rcm/rotator')).parseArguments(['node', 'rcm', ...args], environment, as);
    case 'migrator':
      return (await import('@rcm/migrator')).runCli(args, { environment, stdout: terminal.stdout, stderr: process.stderr, as });
    case 'audit':
      return (await import('@rcm/audit')).runCli(args, { environment, stdout: process.stdout, stderr: process.stderr, as });
    case 'portal':
      return (await import('@rcm/portal')).parseArguments(['node', 'rcm', ...args], environment, {
        stdin: process.stdin,
        stdout: process.stdout,
        stderr: process.stderr,
        as,
      });
  }
}

const calledAs = ({ path, there, namesLogin }: Gathered): CalledAs => ({
  words: `rcm ${path.join(' ')}`,
  command: there[0] ?? null,
  namesLogin: namesLogin === true,
});

function lenient({ acting }: Gathered, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (acting === null) return environment;
  try {
    return environmentFor(acting, environment);
  } catch {
    return environment;
  }
}

function wordsFor({ namesLogin, path }: Gathered, rest: readonly string[]): readonly string[] {
  const [id, ...others] = rest;
  if (!namesLogin || (id !== undefined && isHelp(id))) return rest;
  if (id === undefined || id.startsWith('-')) throw new RcmError('input_invalid', `Say which login: rcm ${path.join(' ')} ID … Nothing was done.`);
  return ['--endpoint', id, ...others];
}
