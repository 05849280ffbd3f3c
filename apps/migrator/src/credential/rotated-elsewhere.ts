import { type LoginIdentity, parsePayload, parseReference } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { type RotatedElsewhere, secretsRotatedElsewhere } from '@rcm/db/migration';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { refuseOldAnswer } from './read-current.ts';

/** As many as are compared: of an account that was rotated, a row is right if it says what any of its secrets says. */
const LOOKED_AT = 4;

/**
 * Fails with `state_conflict` where the same account was rotated under another endpoint, whose secret says another password, or is being rotated there: what the row holds is old, or
 * soon will be, and whoever used it would have the account locked; with `store_unavailable` where a store answers what that rotation replaced, which may be what the row holds. Nothing is
 * written.
 */
export async function checkNotRotatedElsewhere(
  migration: Migration,
  endpoint: EndpointRow,
  { names, text }: { readonly names: readonly LoginIdentity[]; readonly text: Secret<string> },
): Promise<void> {
  const { db, patience } = migration;
  const others = await patience(null, () => secretsRotatedElsewhere(db, { endpointId: endpoint.id, names, limit: LOOKED_AT }));
  const [first] = others;
  if (!first) return;
  if (first.isUnderWay)
    throw new RcmError(
      'state_conflict',
      `The same account is being rotated under endpoint ${first.endpointId}, so the password that this row holds may be old in a moment. Nothing was written. Run apply again once that rotation has ended.`,
    );
  const { password } = parsePayload(text).reveal();
  const differing: RotatedElsewhere[] = [];
  for (const other of others) {
    const said = await passwordOf(migration, other);
    if (said?.map((text) => text === password).reveal()) return;
    // Of a retired login whose secret is gone, nothing says that the row is old.
    if (said !== null || !other.isRetired) differing.push(other);
  }
  const [other] = differing;
  if (other) throw new RcmError('state_conflict', `${differs(other)} Nothing was written.`);
}

/** What its secret says now; `null`: there is none. */
async function passwordOf(migration: Migration, other: RotatedElsewhere): Promise<Secret<string> | null> {
  const { stores, patience, pace, giveUp } = migration;
  const { endpointId: id, orgId, loginIdentity, currentVersion: current } = other;
  const reference = parseReference(other.secretArn);
  const stored = await patience(pace.reads(reference), async () => {
    const answer = await stores.forTenant(orgId).read(reference, { signal: giveUp });
    if (answer !== null) await refuseOldAnswer(migration, { id, orgId, loginIdentity }, { stored: answer, current });
    return answer;
  });
  return stored === null ? null : parsePayload(stored.text).map(({ password }) => password);
}

/** Most likely the row is old; but a person may have changed the password at the portal since, and have written it into the row alone. */
function differs({ endpointId, isRetired }: RotatedElsewhere): string {
  const where = `The same account was rotated under endpoint ${endpointId}${isRetired ? ', which is retired' : ''}, whose secret does not say the password that this row holds, so one of the two is old.`;
  const what = isRetired
    ? 'put that into the row, and have the secret of the retired endpoint removed (`rcm endpoint retired`)'
    : 'put it where the other is; or remove the row';
  return `${where} Find out which one the portal accepts, and ${what}.`;
}
