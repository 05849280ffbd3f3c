import { type LoginIdentity, parsePayload, parseReference } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { secretsRotatedElsewhere } from '@rcm/db/migration';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';

/** As many as are compared: of an account that was rotated, a row is right if it says what any of its secrets says. */
const LOOKED_AT = 4;

/**
 * Fails with `state_conflict` where the same account was rotated under another endpoint, whose secret says another password: what the row holds is old, and whoever used it would
 * have the account locked. Nothing is written.
 */
export async function checkNotRotatedElsewhere(
  migration: Migration,
  endpoint: EndpointRow,
  { names, text }: { readonly names: readonly LoginIdentity[]; readonly text: Secret<string> },
): Promise<void> {
  const { db, stores, patience, pace, giveUp } = migration;
  const others = await patience(null, () => secretsRotatedElsewhere(db, { endpointId: endpoint.id, names, limit: LOOKED_AT }));
  const { password } = parsePayload(text).reveal();
  for (const { orgId, secretArn } of others) {
    const reference = parseReference(secretArn);
    const stored = await patience(pace.reads(reference), () => stores.forTenant(orgId).read(reference, { signal: giveUp }));
    if (stored && parsePayload(stored.text).reveal().password === password) return;
  }
  const [first] = others;
  if (!first) return;
  throw new RcmError(
    'state_conflict',
    `The same account was rotated under endpoint ${first.endpointId}, so the password that this row holds is old. Nothing was written. Put the password of that secret into the row, or remove the row.`,
  );
}
