import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { RcmError, Secret } from '@rcm/telemetry';

const MAX_LENGTH = 1_000;
/** A person at a prompt, or a pipe that nobody writes to: neither is waited for without end. */
const DEADLINE_MS = 300_000;

/**
 * Reads a password, or `what` else is not to be shown, from a person: at a terminal by a prompt that shows nothing, else the first line of stdin. Never from argv, where every
 * process of the machine could read it. Fails with `input_invalid`, or `cancelled` when the signal aborts.
 */
export async function readTypedPassword(prompt: string, signal: AbortSignal, what = 'password'): Promise<Secret<string>> {
  const isTerminal = process.stdin.isTTY;
  if (isTerminal) process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  try {
    // PowerShell writes a byte order mark before what it gives to another program.
    const text = (await firstLine(lines, signal, `No ${what} was typed. Nothing was changed.`)).replace(/^\uFEFF/, '');
    if (text === '' || text.length > MAX_LENGTH) throw new RcmError('input_invalid', `No ${what} was typed. Nothing was changed.`);
    // What stands for bytes that are no character: the portal would be told another password.
    if (text.includes('\uFFFD'))
      throw new RcmError('input_invalid', `The ${what} is not UTF-8: set the terminal to UTF-8, or whatever gives it on stdin. Nothing was changed.`);
    return new Secret(text);
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}

async function firstLine(lines: ReturnType<typeof createInterface>, signal: AbortSignal, nothing: string): Promise<string> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new RcmError('cancelled', nothing));
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
    // At a terminal Ctrl-C is a key like any other while the prompt is open.
    lines.once('SIGINT', cancel);
    ended.addEventListener('abort', cancel, { once: true });
    if (ended.aborted) cancel();
  });
}
