import type { ModelDatabase } from './model-database.ts';
import { later } from './operation.ts';
import type { Past } from './tables.ts';

export function moveLedger(db: ModelDatabase, from: string, to: string): void {
  const { tables } = db;
  for (const { id } of tables.logins.of(from)) tables.logins.change(id, { loginIdentity: to });
  for (const { id } of tables.clearances.of(from)) tables.clearances.change(id, { loginIdentity: to });
  for (const { identity, former, until } of tables.pasts.all()) if (former === from) remember(db, { identity, former: to, until });
}

/** What was tried under the former name until then counts for the identity. */
export function remember({ tables }: ModelDatabase, past: Omit<Past, 'id'>): void {
  const { identity, former, until } = past;
  if (identity === former) return;
  const id = `${identity} ${former}`;
  tables.pasts.put({ id, identity, former, until: later(tables.pasts.get(id)?.until, until) ?? until });
}

export function addIdentity({ tables }: ModelDatabase, { id, keyId }: { readonly id: string; readonly keyId: string }): void {
  const nobody = { exclusiveWantedBy: null, exclusiveWantedSince: null, exclusiveWantedUntil: null, exclusiveCoolDownUntil: null };
  tables.identities.put({ id, keyId, ...nobody, lastTotpStep: 0 });
}
