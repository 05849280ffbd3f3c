import type { NewPortalType } from '@rcm/db';
import { ALLOWED } from '@rcm/db/testing';
import { processName } from '@rcm/telemetry';
import type { Random } from '../time/random.ts';

/** A process of this machine that has ended: what it began without an answer cannot come late. */
export const ENDED = processName('rotator').replace(/\d+$/, '1');
export const HOLDERS = ['one', 'two', ENDED];
export const FINGERPRINTS = ['a', 'b', 'c'].map((letter) => `1:${letter.repeat(64)}`);

/** A portal type of this round: its lockout is drawn, everything else is as plain as can be. */
export function portalType(code: string, random: Random, accountRealm: string | null): NewPortalType {
  const counts = random.pick(['consecutive', 'consecutive', 'window', 'until_unlocked'] as const);
  const window = counts === 'until_unlocked' ? null : counts === 'window' ? 7_200 : random.pick([3_600, null]);
  return {
    ...ALLOWED,
    ...{ code, name: code, hosts: [`${code}.example`], driver: 'recipe', recipe: { login: [] }, passwordRules: 'minlength: 12', rotationMode: 'automatic' },
    ...{ rotationIntervalDays: 60, rotationSpreadDays: 0, lockoutThreshold: random.between(4, 6), lockoutMargin: random.between(1, 2), lockoutCounts: counts },
    ...{
      lockoutWindowSeconds: window,
      lockoutLastsSeconds: random.pick([3_600, 1_800, null]),
      lockoutCountsCodes: random.chance(0.5),
      propagationDelayMs: 300_000,
    },
    ...{
      totpSkew: 1,
      totpPeriodSeconds: 30,
      maxSessionsPerAccount: 1,
      maxConcurrency: 2,
      accountRealm,
      expiryHeadStartDays: 7,
      passwordExpiresDays: random.pick([null, 90]),
    },
  };
}
