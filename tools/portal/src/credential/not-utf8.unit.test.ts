import { PassThrough, Readable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { expect, test } from 'vitest';
import { readPayloadText } from './payload-input.ts';
import { openTerminal } from './terminal.ts';

const { signal } = new AbortController();
const REFUSED = { code: 'input_invalid', message: expect.stringMatching(/not UTF-8/) as string };
const piped = (bytes: Buffer) => readPayloadText(Readable.from([bytes]), signal).then((text) => text.reveal());

async function typed(bytes: Buffer): Promise<string> {
  const input = Object.assign(new PassThrough(), { setRawMode: () => undefined });
  const terminal = openTerminal({ input: input as unknown as ReadStream, say: () => undefined, signal });
  input.write(bytes);
  return (await terminal.askHidden('Password: ')).reveal();
}

test.each<[string, (bytes: Buffer) => Promise<string>]>([
  ['piped in', piped],
  ['typed', typed],
])('a credential that is %s in another encoding than UTF-8 is refused: the portal would be told another one', async (_, given) => {
  expect((await given(Buffer.from('pä1\r'))).trim()).toBe('pä1');
  await expect(given(Buffer.from('pä1\r', 'latin1'))).rejects.toMatchObject(REFUSED);
});
