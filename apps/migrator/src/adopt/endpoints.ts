import { hasCode } from '@rcm/telemetry';
import { accountOf, type Adopted, adoptEndpoint, type AdoptEndpoint, lookAtAdopted, sourceRowState } from '@rcm/db/migration';
import type { Migration } from '../migration.ts';
import { type LookedRow, takenAnew } from './anew.ts';
import type { Left, Named, Settled } from './findings.ts';
import type { ReadRow } from './read-row.ts';
import type { Adoption, PlacedRow } from './adoption.ts';

export const namedRow = ({ number, sourceId }: { readonly number: number; readonly sourceId: string | null }): Named => ({ row: number, id: sourceId });

/** Where a row's endpoint is to lie; `null`: nobody knows, and it has been named. */
export function placed({ mapping, findings, types, knownTypes, columnOf }: Adoption, row: ReadRow): PlacedRow | null {
  const type = types.of(row.url);
  const refuse = (code: 'portal_unknown' | 'portal_type_missing' | 'host_not_declared'): null => {
    findings.refuse(namedRow(row), code, columnOf('endpoint.base_url'));
    return null;
  };
  if (type === null) {
    findings.unknownOrigin(row.url.origin);
    return refuse('portal_unknown');
  }
  const known = knownTypes.get(type.code);
  if (!known) return refuse('portal_type_missing');
  if (!known.hosts.includes(row.url.host)) return refuse('host_not_declared');
  const orgId = 'is' in row.organization ? row.organization.is : row.organization.orgId;
  const { sourceId, sourceChanged, endpointId, accountId, config } = row;
  return {
    row,
    wanted: { source: mapping.source, sourceId, sourceChanged, endpointId, orgId, portalTypeCode: type.code, accountId, baseUrl: row.url.href, config },
  };
}

/** What there is of a page of rows, each with what is to be done. */
export async function looked({ migration, mapping, printOf }: Adoption, rows: readonly PlacedRow[]): Promise<readonly LookedRow[]> {
  const wanted = rows.map((each) => each.wanted);
  const looks = await migration.patience(null, () => lookAtAdopted(migration.db, mapping.source, wanted, printOf));
  return rows.flatMap((each, i) => {
    const look = looks[i];
    return look ? [{ ...each, look }] : [];
  });
}

/** Does with a row what is to be done, or only says it, and counts it. */
export async function settleRow(adoption: Adoption, given: LookedRow): Promise<void> {
  const { row, wanted, look } = await takenAnew(adoption, given);
  const { findings, columnOf, accounts, printOf, act, migration } = adoption;
  const account = accountOf(wanted);
  if (look.found === null && accounts.has(account)) return void findings.refuse(namedRow(row), 'account_twice', columnOf('endpoint.account'));
  if (look.found === null && look.idTaken) return void findings.refuse(namedRow(row), 'id_taken', columnOf('endpoint.id'));
  if (look.found === null && look.accountTaken) return void findings.refuse(namedRow(row), 'account_taken', columnOf('endpoint.account'));
  accounts.add(account);
  const said: Adopted['is'] = look.found === null ? 'added' : sourceRowState(look.found, { ...wanted, prints: printOf(wanted) });
  // What is as it was is not touched, and neither is what is to be left.
  const needsAct = said === 'added' || said === 'take' || said === 'note';
  const adopted: Adopted | null =
    act === null || !needsAct
      ? { is: said, endpointId: look.found?.endpointId ?? wanted.endpointId }
      : await adoptedOrRefused(migration, { ...wanted, ...act, printOf, holder: migration.holder });
  if (adopted === null) return void findings.refuse(namedRow(row), 'database_refused', null);
  count(adoption, row, { ...adopted, orgId: wanted.orgId });
}

/** `null`: the database refused this row, which stops no other. */
async function adoptedOrRefused(migration: Migration, adopt: AdoptEndpoint): Promise<Adopted | null> {
  try {
    return await migration.patience(null, () => adoptEndpoint(migration.db, adopt));
  } catch (error) {
    if (!hasCode(error, 'input_invalid', 'state_conflict')) throw error;
    migration.logger.warn({ err: error, endpointId: adopt.endpointId }, 'the database refused a row');
    return null;
  }
}

const SETTLED: Readonly<Partial<Record<Adopted['is'], Settled>>> = {
  added: 'new',
  take: 'changed',
  unchanged: 'unchanged',
  note: 'unchanged',
  not_compared: 'not_compared',
};

function count({ findings, columnOf }: Adoption, row: ReadRow, { is, endpointId, orgId }: Adopted & { readonly orgId: string }): void {
  if (is === 'taken') return void findings.refuse(namedRow(row), 'id_taken', columnOf('endpoint.id'));
  if (is === 'account_taken') return void findings.refuse(namedRow(row), 'account_taken', columnOf('endpoint.account'));
  const outcome = SETTLED[is];
  if (outcome) findings.settle(namedRow(row), outcome, { endpointId, orgId, withLogin: row.hasLogin });
  else findings.leave(namedRow(row), is as Left, endpointId, orgId);
}
