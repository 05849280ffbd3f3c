import { isUtf8 } from 'node:buffer';
import { RcmError, Secret } from '@rcm/telemetry';

const READ_MS = 60_000;
const MAX_BYTES = 64 * 1024;

/** Everything that standard input holds. Fails with `input_invalid` (nothing, too much, or not UTF-8) and `deadline_exceeded`. */
export async function readPayloadText(input: NodeJS.ReadableStream, signal: AbortSignal): Promise<Secret<string>> {
  const chunks: Buffer[] = [];
  let size = 0;
  const late = AbortSignal.any([signal, AbortSignal.timeout(READ_MS)]);
  const ended = new Promise<void>((resolve, reject) => {
    late.addEventListener(
      'abort',
      () =>
        reject(new RcmError(signal.aborted ? 'cancelled' : 'deadline_exceeded', 'No credential arrived on standard input. Nothing was sent to the portal.')),
      {
        once: true,
      },
    );
    input.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BYTES) reject(new RcmError('input_invalid', `The credential on standard input is larger than ${MAX_BYTES / 1024} KB.`));
      else chunks.push(chunk);
    });
    input.on('end', resolve);
    input.on('error', () => reject(new RcmError('input_invalid', 'Standard input cannot be read.')));
  });
  await ended;
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw new RcmError('input_invalid', 'Standard input is not UTF-8: give the payload as UTF-8. Nothing was sent to the portal.');
  const text = bytes.toString('utf8').trim();
  if (text === '') throw new RcmError('input_invalid', 'Standard input holds no credential: give the payload as JSON, or start from a terminal to be asked.');
  return new Secret(text);
}
