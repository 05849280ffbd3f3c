import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { RcmError } from '@rcm/telemetry';

/** The docker command lines at hand. */
export interface Docker {
  /** `docker compose`, or the older `docker-compose`. */
  readonly compose: readonly string[];
}

const CHECK_MS = 20_000;

const works = async (command: readonly string[], environment: NodeJS.ProcessEnv) => (await runCommand(command, environment, CHECK_MS)).code === 0;

/** Fails with `config_invalid`, one sentence, where Docker does not answer. */
export async function requireDocker(option: '--compose' | '--images', environment: NodeJS.ProcessEnv): Promise<void> {
  if (await works(['docker', 'version', '--format', '{{.Server.Version}}'], environment)) return;
  throw new RcmError('config_invalid', `Docker cannot be reached, which ${option} needs; start it (or set DOCKER_HOST), or leave out ${option}.`);
}

/** Fails with `config_invalid`, one sentence, where Docker or compose is not at hand. */
export async function findDocker(environment: NodeJS.ProcessEnv): Promise<Docker> {
  await requireDocker('--compose', environment);
  for (const compose of [['docker', 'compose'], ['docker-compose']]) if (await works([...compose, 'version'], environment)) return { compose };
  throw new RcmError('config_invalid', 'Docker is there, but neither "docker compose" nor "docker-compose"; install one, or leave out --compose.');
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end or for `deadlineMs`; a program that is not there gives code 127. */
export function runCommand(command: readonly string[], environment: NodeJS.ProcessEnv, deadlineMs: number): Promise<CommandResult> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], timeout: deadlineMs });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', () => resolve({ code: 127, stdout, stderr }));
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** What a command prints, as bytes while it prints them. `use` must read to the end. Fails with `state_conflict` where the command fails. */
export async function streamCommand(command: readonly string[], environment: NodeJS.ProcessEnv, use: (output: Readable) => Promise<void>): Promise<void> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (problem = (problem + text).slice(-2_000)));
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  await use(child.stdout);
  const code = await ended;
  if (code !== 0) throw new RcmError('state_conflict', `${program} ${args[0] ?? ''} failed: ${problem.trim().split('\n').at(-1) ?? ''}`);
}
