import type { ReadStream, WriteStream } from 'node:tty';
import { RcmError } from '@rcm/telemetry';

/** The person's own terminal, both ways. */
export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** Nothing else will do: what is shown must not end up in a file or a pipe. Fails with `input_invalid`. */
export function theirTerminal({ stdin, stdout }: { readonly stdin: ReadStream; readonly stdout: WriteStream }): Terminal {
  if (stdin.isTTY && stdout.isTTY) return { input: stdin, output: stdout };
  throw new RcmError(
    'input_invalid',
    'A password is shown at a terminal alone, where a person sits; this is none. Nothing was shown, and the request is still open.',
  );
}
