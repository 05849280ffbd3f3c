import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A web-agent in a process of its own, as it is deployed. */
export interface AgentProcess {
  readonly pid: number;
  /** 0: it serves no API. */
  readonly apiPort: number;
  /** Everything it has written so far. */
  output(): string;
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGUSR1' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Its exit code, or the signal that ended it. */
  ended(): Promise<number | string>;
}

/** It only ends what hangs. */
const READY_MS = 600_000;

/** Starts `web-agent run` and waits until it says that it is ready. */
export async function startAgent(environment: NodeJS.ProcessEnv): Promise<AgentProcess> {
  const child = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), 'run'], {
    env: { ...environment, RCM_HEALTH_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
  const end = once(child, 'exit').then(([code, signal]) => (code as number | null) ?? String(signal));
  const ready = await untilReady(child, () => output);
  return { pid: child.pid ?? 0, apiPort: ready, output: () => output, signal: (name) => void child.kill(name), ended: () => end };
}

async function untilReady(child: ChildProcess, output: () => string): Promise<number> {
  const giveUpAt = Date.now() + READY_MS;
  for (;;) {
    const port = /"apiPort":(\d+|null)/.exec(output())?.[1];
    if (port !== undefined) return port === 'null' ? 0 : Number(port);
    if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error(`the web-agent did not become ready: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
