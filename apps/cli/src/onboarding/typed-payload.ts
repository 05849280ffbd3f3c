import { isUtf8 } from 'node:buffer';
import { RcmError, Secret } from '@rcm/telemetry';

const LARGEST = 64 * 1024;

/**
 * A payload from a person: at a terminal by prompts that show nothing, else as JSON on stdin (docs/credential-schema-guide.md). Never from an argument. Fails with
 * `input_invalid`.
 */
export async function readPayload(signal: AbortSignal): Promise<Secret<string>> {
  if (!process.stdin.isTTY) return fromStdin();
  const { readTypedPassword } = await import('@rcm/rotator');
  const username = await readTypedPassword('User name (not shown): ', signal);
  const password = await readTypedPassword('Password (not shown): ', signal);
  return new Secret(JSON.stringify({ username: username.reveal(), password: password.reveal() }));
}

async function fromStdin(): Promise<Secret<string>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST) throw new RcmError('input_invalid', 'stdin holds more than a payload may (64 kB). Nothing was done.');
  }
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw new RcmError('input_invalid', 'stdin is not UTF-8: give the payload as UTF-8. Nothing was done.');
  return new Secret(bytes.toString('utf8').trim());
}
