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

/** What a process needs where rows are in the way. */
const NEEDED: Readonly<Record<KeyUse, { readonly what: string; readonly names: string }>> = {
  identity: { what: 'logins are named', names: 'RCM_IDENTITY_KEY or RCM_PREVIOUS_IDENTITY_KEY' },
  fingerprint: {
    what: 'passwords are known',
    names: 'RCM_FINGERPRINT_KEY or RCM_PREVIOUS_FINGERPRINT_KEY (where none is set, RCM_IDENTITY_KEY and RCM_PREVIOUS_IDENTITY_KEY)',
  },
};

/**
 * Refuses to work with keys that others do not have: one that rows still need and this process lacks, since to it those accounts would be others, with
 * budgets of their own; and another key under an id that is taken. A key that nobody has seen is noted by its check. Fails with `config_invalid`.
 */
export async function checkKeys(tx: Transaction, keys: readonly KnownKey[], role: AppRole | undefined): Promise<void> {
  const used = await tx.$queryRaw<{ use: KeyUse; id: string }[]>`SELECT use, key_id AS id FROM rcm_keys_in_use() ORDER BY 1, 2`;
  const missing = used.find(({ use, id }) => !keys.some((key) => key.use === use && key.id === id));
  if (missing) {
    const { what, names } = NEEDED[missing.use];
    throw refused(
      `${what} by the key with the id ${missing.id}, and this process does not have it as ${names}. Give it that key too; once \`rotator keys --move\` says that nothing is left under ${missing.id}, it may go`,
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
