import { Readable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { readPayload } from './typed-payload.ts';

const PAYLOAD = '{"username":"north","password":"pä1"}';
/** The payload that a program gives in such bytes, a few at a time. */
function given(bytes: Buffer): Promise<string> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) => bytes.subarray(i * 3, i * 3 + 3));
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from(chunks) as unknown as typeof process.stdin);
  return readPayload(new AbortController().signal).then((payload) => payload.reveal());
}
afterEach(() => void vi.restoreAllMocks());

test('a payload on stdin is read as it was given', async () => {
  expect(await given(Buffer.from(`${PAYLOAD}\n`))).toBe(PAYLOAD);
});

test('one that is not UTF-8 is refused: its password would be another one', async () => {
  await expect(given(Buffer.from(PAYLOAD, 'latin1'))).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringMatching(/not UTF-8/) as string });
});
