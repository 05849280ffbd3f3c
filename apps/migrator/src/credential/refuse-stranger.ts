import { isSameText, type NewPlace, parseReference, placeKey, referenceKey, type StoredSecret } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { unnamedSecretsOf } from '@rcm/db/migration';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { secretOf } from './move.ts';

/**
 * Refuses a move to where another payload lies under this login's name, unless it is noted that a copy of the login may lie there. Asked before this move is noted itself: by
 * the note, whoever says it again would take what lies there for a copy, and write over it. Fails with `store_conflict`, `store_*`, `database_*`.
 */
export async function refuseStranger(
  migration: Migration,
  endpoint: EndpointRow,
  { to, text }: { readonly to: NewPlace; readonly text: StoredSecret['text'] },
): Promise<void> {
  const { db, patience, pace, stores, giveUp } = migration;
  const { id: endpointId, orgId } = endpoint;
  const wanted = secretOf(migration, endpoint, to);
  const noted = await patience(null, () => unnamedSecretsOf(db, { endpointId, orgId }));
  const isOurs = noted.some(
    ({ place, secretArn }) => place === placeKey(to) && (secretArn === null || referenceKey(parseReference(secretArn)) === referenceKey(wanted)),
  );
  if (isOurs) return;
  const lies = await patience(pace.reads(wanted), () => stores.forTenant(orgId).read(wanted, { signal: giveUp }));
  if (lies !== null && !isSameText(lies.text, text)) throw strange(to);
}

export const strange = (to: NewPlace): RcmError =>
  new RcmError(
    'store_conflict',
    `Another payload lies under this name in ${placeKey(to)}, and nobody here knows of it. The row names what it named; have it looked at first.`,
  );
