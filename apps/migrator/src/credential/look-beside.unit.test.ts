import { vocabularyOf } from '@rcm/credentials/legacy';
import { Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { lookBeside } from './look.ts';

const OWN = 'Summer-2025';
const SEED = 'JBSWY3DPEHPK3PXP';
const credentials = { username: 'north-7', password: OWN, mfa_seed: SEED };

/** Whether `--also` takes what lies at a path. */
const goes = (beside: Record<string, unknown>): boolean => {
  const paths = Object.keys(beside);
  const { places, otherLeft } = lookBeside(new Secret(JSON.stringify({ credentials, ...beside })), { vocabulary: vocabularyOf(), paths, otherPaths: [] });
  expect([places.length, otherLeft.length]).toContainEqual(paths.length);
  return places.length > 0;
};

test.each([
  { notes: `portal password: ${OWN}; clearing house password: Winter-1999` },
  { notes: `the password is ${OWN}! since May` },
  { notes: `password: x${OWN}` },
  { old_password: `${OWN}!` },
  { passwords: `${OWN}, Winter-1999` },
  { imported: JSON.stringify({ notes: `pw: ${OWN}, pw: Winter-1999` }) },
  { setup: `otpauth://totp/a?secret=${SEED} otpauth://totp/b?secret=KRSXG5CTMVRXEZLU` },
  { feed: `https://a:${OWN}@one.example https://b:Winter-1999@two.example` },
])('a text that says another secret beside the login’s own stays, as it may be the only copy: %j', (beside) => expect(goes(beside)).toBe(false));

test.each([
  { notes: `portal password: ${OWN}, as Ann said` },
  { notes: `spoke to Ann, the new one is ${OWN}.` },
  { old_password: ` ${OWN}\n` },
  { passwords: `${OWN}, ${OWN}` },
  { setup: `otpauth://totp/North:a?secret=${SEED}&issuer=North` },
  { totp_link: `otpauth://totp/North:a?secret=${SEED}&issuer=North` },
  { feed: `https://north-7:${OWN}@one.example/837` },
  { imported: JSON.stringify({ u: 'north-7', password: OWN }) },
])('what says the login’s own alone goes: %j', (beside) => expect(goes(beside)).toBe(true));
