import { type LoginIdentity, parsePayload, parseReference } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { secretsRotatedElsewhere } from '@rcm/db/migration';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';

/** As many as are compared: of an account that was rotated, a row is right if it says what any of its secrets says. */
const LOOKED_AT = 4;

/**
 * Fails with `state_conflict` where the same account was rotated under another endpoint, whose secret says another password, or is being rotated there: what the row holds is old, or
 * soon will be, and whoever used it would have the account locked. Nothing is written.
 */
export async function checkNotRotatedElsewhere(
  migration: Migration,
  endpoint: EndpointRow,
  { names, text }: { readonly names: readonly LoginIdentity[]; readonly text: Secret<string> },
): Promise<void> {
  const { db, stores, patience, pace, giveUp } = migration;
  const others = await patience(null, () => secretsRotatedElsewhere(db, { endpointId: endpoint.id, names, limit: LOOKED_AT }));
  const [first] = others;
  if (!first) return;
  if (first.isUnderWay)
    throw new RcmError(
      'state_conflict',
      `The same account is being rotated under endpoint ${first.endpointId}, so the password that this row holds may be old in a moment. Nothing was written. Run apply again once that rotation has ended.`,
    );
  const { password } = parsePayload(text).reveal();
  for (const { orgId, secretArn } of others) {
    const reference = parseReference(secretArn);
    const stored = await patience(pace.reads(reference), () => stores.forTenant(orgId).read(reference, { signal: giveUp }));
    if (stored && parsePayload(stored.text).reveal().password === password) return;
  }
  // Most likely the row is; but a person may have changed the password at the portal since, and have written it into the row alone.
  throw new RcmError(
    'state_conflict',
    `The same account was rotated under endpoint ${first.endpointId}, whose secret does not say the password that this row holds, so one of the two is old. Nothing was written. Find out which one the portal accepts, and put it where the other is; or remove the row.`,
  );
}
