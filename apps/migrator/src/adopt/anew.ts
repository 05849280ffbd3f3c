import { accountOf, letGoAdopted, type Look, lookAtAdopted, sourceRowState } from '@rcm/db/migration';
import type { Adoption, PlacedRow } from './adoption.ts';
import { slugOf } from './slug.ts';

/** What no row is called. */
const NO_ROW = '';

export type LookedRow = PlacedRow & { readonly look: Look };

/**
 * Of a row that a person wants as a new endpoint: where that is to lie, once the one that it was has been let go of. Only where it is of another organization, portal type or
 * account than before, or where a run that let go of it died before it made the new one; any other stays as it is. Nothing is let go of before its new place is seen to be free.
 */
export async function takenAnew(adoption: Adoption, given: LookedRow): Promise<LookedRow> {
  const { migration, mapping, printOf, act, anew, accounts, findings } = adoption;
  const { row, wanted, look } = given;
  if (!anew.has(wanted.sourceId)) return given;
  const { found } = look;
  const isElsewhere = found !== null && sourceRowState(found, { ...wanted, prints: printOf(wanted) }) === 'elsewhere';
  const wasLetGo = found === null && look.idTaken;
  if (!isElsewhere && !wasLetGo) return given;
  const { orgId, portalTypeCode, accountId, sourceId } = wanted;
  const next = { ...wanted, endpointId: slugOf(mapping.endpoint.prefix, `${sourceId} ${orgId} ${portalTypeCode} ${accountId}`) };
  const [there = { found: null, idTaken: true, accountTaken: true }] = await migration.patience(null, () =>
    lookAtAdopted(migration.db, mapping.source, [{ ...next, sourceId: NO_ROW }], printOf),
  );
  const isFree = !there.idTaken && !there.accountTaken && !accounts.has(accountOf(next));
  if (found && isFree) {
    if (act)
      await migration.patience(null, () =>
        letGoAdopted(migration.db, { source: mapping.source, sourceId, endpointId: found.endpointId, orgId: found.orgId, ...act }),
      );
    findings.letGo({ row: row.number, id: sourceId }, { endpointId: next.endpointId, was: found.endpointId });
  }
  return { row, wanted: next, look: there };
}
