import { z } from 'zod';
import { nowMs, type Portal } from '../portal.ts';
import { findAccount, forgetFormerPasswords, saveAccount, type AccountKey } from '../records/accounts.ts';
import { backupCodesOf, giveBackupCodes } from '../records/backup-codes.ts';
import { nameInbox, readInbox } from '../records/inboxes.ts';
import { letReceiveCodes, receivesCodes } from '../records/sent-codes.ts';
import { clearFailures, forgetTotpSteps } from '../records/attempts.ts';
import { inTransaction } from '../records/database.ts';
import { habitsOf } from '../records/habits.ts';
import { endSessionsOf } from '../records/sessions.ts';
import { hashPassword, passwordMatches } from './password-hash.ts';
import { isUsableSeed } from './totp.ts';

/** Any password may be given, as an account may be older than the portal's rules. `ifAbsent`: an account that exists is left alone, whatever its password. */
export const seedSchema = z.strictObject({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(1000),
  mfaSeed: z.string().refine(isUsableSeed, 'must be base32 of at least 8 bytes').nullish(),
  /** Each is accepted once in place of a code of the seed. */
  backupCodes: z.array(z.string().min(1).max(64)).max(100).nullish(),
  /** The portal sends a code at each login, to whoever the account names. */
  receivesCodes: z.boolean().default(false),
  /** Where these codes go: a number or an address, which accounts may share. */
  inbox: z.string().min(1).max(254).nullish(),
  ifAbsent: z.boolean().default(false),
});

export type Seed = z.infer<typeof seedSchema>;
export type SeedResult = 'created' | 'replaced' | 'unchanged';

/**
 * Makes an account, or sets it to what is given: unlocked, with no history and no sessions. One that has this password and seed
 * already is left as it is, locks and all, so seeding may be repeated. Counts are never reset.
 */
export async function seedAccount(portal: Portal, seed: Seed): Promise<SeedResult> {
  const key: AccountKey = { portal: portal.code, username: portal.policy.keptUsername(seed.username) };
  const mfaSeed = seed.mfaSeed ?? null;
  const present = findAccount(portal.records, key);
  if (
    present &&
    (seed.ifAbsent ||
      (present.mfaSeed === mfaSeed &&
        isGiven(portal, key, seed) &&
        (await passwordMatches(seed.password, present.passwordHash, habitsOf(portal.records, portal.code)))))
  )
    return 'unchanged';
  const passwordHash = await hashPassword(seed.password);
  const now = nowMs(portal);
  const { passwordLifetimeMs } = portal.policy;
  return inTransaction(portal.records, () => {
    if (seed.ifAbsent && findAccount(portal.records, key)) return 'unchanged';
    saveAccount(portal.records, {
      ...key,
      passwordHash,
      mfaSeed,
      passwordChangedAt: now,
      expiresAt: passwordLifetimeMs === null ? null : now + passwordLifetimeMs,
      lockedUntil: null,
    });
    clearFailures(portal.records, key);
    forgetFormerPasswords(portal.records, key);
    if (present?.mfaSeed !== mfaSeed) forgetTotpSteps(portal.records, key);
    if (!isGiven(portal, key, seed)) giveBackupCodes(portal.records, key, seed.backupCodes ?? []);
    letReceiveCodes(portal.records, key, seed.receivesCodes);
    nameInbox(portal.records, key, seed.inbox ?? null);
    endSessionsOf(portal.records, key, null);
    return present ? 'replaced' : 'created';
  });
}

const isGiven = (portal: Portal, key: AccountKey, { backupCodes, receivesCodes: receives, inbox }: Seed): boolean =>
  receivesCodes(portal.records, key) === receives &&
  readInbox(portal.records, key) === (inbox ?? null) &&
  JSON.stringify(backupCodesOf(portal.records, key).map(({ code }) => code)) === JSON.stringify(backupCodes ?? []);
