import { PassThrough } from 'node:stream';
import { Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { readCredential } from './read-credential.ts';
import type { Terminal } from './terminal.ts';

/** Somebody who answers every hidden question the same. */
const answering = (hidden: string): Terminal => ({
  ask: () => Promise.resolve('ann'),
  askHidden: () => Promise.resolve(new Secret(hidden)),
  close: () => undefined,
});
const typed = (hidden: string, totp: boolean) => {
  const { signal } = new AbortController();
  return readCredential({ terminal: answering(hidden), stdin: new PassThrough(), signal }, { custom: [], totp });
};

test.each(['too short', 'JBSWY3DPEHPK3PX1', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP'])(
  '%j at a terminal is no seed, where codes are asked for',
  async (seed) => {
    const refused = await typed(seed, true).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'payload_invalid', message: expect.stringContaining('Nothing was sent to the portal') as string });
    expect(String(refused)).not.toContain(seed);
    expect((await typed(seed, false)).reveal()).toEqual({ username: 'ann', password: seed });
  },
);

test('a seed as portals show it is taken', async () => {
  expect((await typed('jbsw y3dp-ehpk 3pxp', true)).reveal().mfa_seed).toBe('jbsw y3dp-ehpk 3pxp');
});
