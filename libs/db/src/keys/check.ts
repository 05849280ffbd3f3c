import { RcmError } from '@rcm/telemetry';
import type { Transaction } from '../database.ts';
import type { AppRole } from '../roles/app-role.ts';

/** What keys are for. */
export type KeyUse = 'identity' | 'fingerprint';

/** A key that a process has, without the key. */
export interface KnownKey {
  readonly use: KeyUse;
  readonly id: string;
  /** What the key gives for a text that everybody knows, in hex: the same for the same key. */
  readonly check: string;
}

/** A key that rows need; `proof`: with which proofs of a migration were made. */
interface Used {
  readonly use: KeyUse | 'proof';
  readonly id: string;
}

const FINGERPRINT_KEYS = 'RCM_FINGERPRINT_KEY or RCM_PREVIOUS_FINGERPRINT_KEY (where none is set, RCM_IDENTITY_KEY and RCM_PREVIOUS_IDENTITY_KEY)';

/** What a process needs where rows are in the way, and what takes them out of it. */
const NEEDED: Readonly<Record<Used['use'], { readonly what: string; readonly names: string; readonly run: string }>> = {
  identity: { what: 'logins are named', names: 'RCM_IDENTITY_KEY or RCM_PREVIOUS_IDENTITY_KEY', run: 'rotator keys --move' },
  fingerprint: { what: 'passwords are known', names: FINGERPRINT_KEYS, run: 'rotator keys --move' },
  proof: { what: 'rows with plaintext were proved', names: FINGERPRINT_KEYS, run: 'migrator scrub' },
};

/**
 * Refuses to work with keys that others do not have: one that rows still need and this process lacks, since to it those accounts would be others, with
 * budgets of their own; and another key under an id that is taken. A key that nobody has seen is noted by its check. Fails with `config_invalid`.
 */
export async function checkKeys(tx: Transaction, keys: readonly KnownKey[], role: AppRole | undefined): Promise<void> {
  const used = await tx.$queryRaw<Used[]>`SELECT use, key_id AS id FROM rcm_keys_in_use() ORDER BY 1, 2`;
  const missing = used.find(({ use, id }) => {
    // Only the migrator compares anything with proofs.
    if (use === 'proof' && role !== 'rcm_migrator') return false;
    return !keys.some((key) => key.use === (use === 'proof' ? 'fingerprint' : use) && key.id === id);
  });
  if (missing) {
    const { what, names, run } = NEEDED[missing.use];
    throw refused(
      `${what} by the key with the id ${missing.id}, and this process does not have it as ${names}. Give it that key too; once \`${run}\` has left nothing under ${missing.id}, it may go`,
    );
  }
  const seen = await tx.keyCheck.findMany();
  for (const { use, id, check } of keys) {
    const known = seen.find((key) => key.use === use && key.keyId === id);
    if (known && known.checkValue !== check)
      throw refused(`the id ${id} belongs to another ${use} key than the one that this process has. A new key needs an id that was never used`);
    // Agents make nothing new: who names accounts says which keys there are.
    if (!known && role !== 'rcm_agent')
      await tx.$executeRaw`INSERT INTO key_check (use, key_id, check_value) VALUES (${use}, ${id}, ${check}) ON CONFLICT DO NOTHING`;
  }
}

const refused = (why: string): RcmError => new RcmError('config_invalid', `This process does not start: ${why} (docs/keys.md). Nothing was read or changed.`);
