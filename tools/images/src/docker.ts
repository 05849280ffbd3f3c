import { spawn } from 'node:child_process';
import { RcmError } from '@rcm/telemetry';

export interface DockerCall {
  readonly args: readonly string[];
  readonly input?: string;
  readonly deadlineMs: number;
  /** Told of every line on stderr: how a build goes on. */
  readonly onLine?: (line: string) => void;
}

const LAST_LINES = 15;

/** Runs docker and gives its stdout. Fails with `state_conflict` and docker's last words; `config_invalid` where there is no docker. */
export function docker({ args, input, deadlineMs, onLine }: DockerCall): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], timeout: deadlineMs });
    const said: string[] = [];
    let out = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
        said.push(line);
        onLine?.(line);
      }
    });
    child.once('error', (cause) => reject(new RcmError('config_invalid', 'Docker is not at hand, which images are built and tried with.', { cause })));
    child.once('close', (code) => {
      if (code === 0) return void resolve(out);
      reject(new RcmError('state_conflict', [`docker ${args.slice(0, 2).join(' ')} ended with ${code ?? 'a signal'}:`, ...said.slice(-LAST_LINES)].join('\n')));
    });
    child.stdin?.end(input);
  });
}
