import { expect, test } from 'vitest';
import { codesIn } from './one-time-codes.ts';
import { SEED } from './item.fixture.ts';

test.each<[string, string | object]>([
  [SEED, { mfa_seed: SEED }],
  ['jbsw y3dp-ehpk 3pxp', { mfa_seed: 'JBSWY3DPEHPK3PXP' }],
  [`otpauth://totp/Alpine:north?secret=${SEED}&issuer=Alpine`, { mfa_seed: SEED }],
  [`otpauth://totp/x?secret=${SEED}&digits=8&algorithm=SHA256&period=30`, { mfa_seed: SEED, mfa_digits: 8, mfa_algorithm: 'SHA256' }],
  [`otpauth://totp/x?secret=${SEED}&period=60`, expect.stringContaining('another pace') as string],
  [`otpauth://hotp/x?secret=${SEED}&counter=1`, expect.stringContaining('not made from the time') as string],
  [`otpauth://totp/x?secret=${SEED}&digits=5`, expect.stringContaining('another kind') as string],
  [`otpauth://totp/x?secret=${SEED}&algorithm=MD5`, expect.stringContaining('another kind') as string],
  ['otpauth://totp/x?secret=1', expect.stringContaining('base32') as string],
  ['otpauth://[', expect.stringContaining('no address') as string],
  ['steam://ABCDEF', expect.stringContaining('base32') as string],
])('one-time codes exported as %s', (exported, codes) => expect(codesIn(exported)).toEqual(codes));
