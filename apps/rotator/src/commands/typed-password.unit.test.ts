import { Readable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { readTypedPassword } from './typed-password.ts';

function typed(bytes: Buffer): Promise<string> {
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([bytes]) as unknown as typeof process.stdin);
  return readTypedPassword('Password: ', new AbortController().signal).then((password) => password.reveal());
}
afterEach(() => void vi.restoreAllMocks());

test('a password is the first line of stdin', async () => {
  expect(await typed(Buffer.from('pä 1\nmore\n'))).toBe('pä 1');
});

test('a byte order mark before it is none of it', async () => {
  expect(await typed(Buffer.from('\uFEFFpä 1\n'))).toBe('pä 1');
});

test('one that is not UTF-8 is refused: the portal would be told another one', async () => {
  await expect(typed(Buffer.from('pä1\n', 'latin1'))).rejects.toMatchObject({
    code: 'input_invalid',
    message: expect.stringMatching(/^The password is not UTF-8/) as string,
  });
});
