import { Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { scramVerifier } from './scram.ts';

// The exchange of RFC 7677, section 3: user "user", password "pencil", this salt, 4096 rounds. Stored key and server key follow from it.
test('is the verifier of the published example', () => {
  const verifier = scramVerifier(new Secret('pencil'), Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'));
  expect(verifier).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('has a salt of its own each time', () => {
  expect(scramVerifier(new Secret('pencil'))).not.toBe(scramVerifier(new Secret('pencil')));
});
