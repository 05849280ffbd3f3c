import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { asRoot, compileCache } from '@rcm/test-services';

const MAIN = join(import.meta.dirname, 'main.ts');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once stderr holds `text`. */
  says(text: string): Promise<void>;
  /** The same of stdout. */
  printed(text: string): Promise<void>;
}

/** Starts the migrator as a real process. */
export function startMigrator(args: readonly string[], environment: Record<string, string>): Running {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, ...args], {
    env: { ...asRoot(), ...compileCache(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const until = async (text: string, shown: () => string) => {
    while (!shown().includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended before it said ${text}: ${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    says: (text) => until(text, () => stderr),
    printed: (text) => until(text, () => stdout),
  };
}

export const runMigrator = (args: readonly string[], environment: Record<string, string>): Promise<Ended> => startMigrator(args, environment).ended;
