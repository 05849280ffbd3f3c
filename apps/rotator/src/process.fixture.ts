import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { asRoot, compileCache, isLongForm } from '@rcm/test-services';
import { SHAPE } from '@rcm/telemetry/json-shape';
import { vi } from 'vitest';

export interface RotatorRun {
  readonly child: ChildProcess;
  /** Resolves when the log says `ready`. */
  readonly ready: Promise<number>;
  /** Everything written so far. */
  output(): string;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** The rotator as a process of its own, with nothing in its environment but what is given and a path. */
export function startRotator(parameters: readonly string[], environment: Readonly<Record<string, string>>): RotatorRun {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, ...parameters], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let announce = (_port: number): void => {};
  let fail = (_error: Error): void => {};
  const ready = new Promise<number>((resolve, reject) => {
    announce = resolve;
    fail = reject;
  });
  ready.catch(() => undefined);
  const read = (chunk: Buffer): void => {
    text += chunk.toString();
    const port = /"healthPort":(\d+)/.exec(text)?.[1];
    if (port !== undefined) announce(Number(port));
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  exited.then(([code]) => fail(new Error(`the rotator ended with ${code}:\n${text}`)), fail);
  return {
    child,
    ready,
    output: () => text,
    async end(signal) {
      child.kill(signal);
      const [code, by] = await exited;
      return { code, signal: by };
    },
  };
}

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the one JSON object that `--json` promises. */
  json<T = Record<string, unknown>>(): T;
}

/** One command to its end, with `stdin` as what a person pipes in. */
export async function runRotator(parameters: readonly string[], environment: Readonly<Record<string, string>>, stdin = ''): Promise<CommandEnd> {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, ...parameters], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, json: <T>() => inShape(JSON.parse(stdout) as Record<string, unknown>) as T };
}

/**
 * The same, by a call in this process, without what starting another costs; in the long form, by a process. For one command at a time, whose log is not looked at:
 * the log goes where this process writes.
 */
export async function callRotator(parameters: readonly string[], environment: Readonly<Record<string, string>>, stdin = ''): Promise<CommandEnd> {
  if (isLongForm()) return runRotator(parameters, environment, stdin);
  const { parseArguments } = await import('./cli.ts');
  const said = { stdout: '', stderr: '' };
  const heard = (name: keyof typeof said) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += Buffer.from(text as Uint8Array).toString();
      return true;
    });
  const spies = [
    heard('stdout'),
    heard('stderr'),
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(stdin)]) as unknown as typeof process.stdin),
  ];
  const code = await parseArguments([process.execPath, MAIN, ...parameters], environment).finally(() => spies.forEach((spy) => spy.mockRestore()));
  return { code, ...said, json: <T>() => inShape(JSON.parse(said.stdout) as Record<string, unknown>) as T };
}

/** What it says, in the shape that every command's answer has. */
function inShape({ version, ...said }: Record<string, unknown>): Record<string, unknown> {
  if (version !== SHAPE) throw new Error(`the answer is of version ${String(version)}`);
  return said;
}

export interface TerminalRun {
  /** Everything that the terminal was sent so far. */
  output(): string;
  /** Resolves once it was sent this; rejects when the command has ended without. */
  shows(text: string): Promise<void>;
  type(text: string): void;
  readonly ended: Promise<number | null>;
}

/** One command at a terminal of its own (util-linux's `script` makes it), where a person types. */
export function runAtTerminal(parameters: readonly string[], environment: Readonly<Record<string, string>>): TerminalRun {
  const command = [process.execPath, '--disable-sigusr1', MAIN, ...parameters].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, SHELL: '/bin/sh', TERM: 'xterm', ...asRoot(), ...compileCache(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  const more = new EventTarget();
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    more.dispatchEvent(new Event('more'));
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => text,
    shows: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => (text.includes(wanted) ? resolve() : undefined);
        more.addEventListener('more', look);
        void ended.then((code) => reject(new Error(`it ended with ${code}, and showed:\n${text}`)));
        look();
      }),
    type: (typed) => void child.stdin.write(typed),
    ended,
  };
}
