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
  const { findings, accounts, printOf, act, migration } = adoption;
  const account = accountOf(wanted);
  const taken = look.found === null ? whatIsTaken(look, accounts.has(account)) : null;
  if (taken !== null) return void refuseTaken(adoption, row, taken);
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

/** What a new endpoint would need for itself, and the cell that asks for it. */
const TAKEN = { account_twice: 'endpoint.account', id_taken: 'endpoint.id', account_taken: 'endpoint.account' } as const;

function whatIsTaken({ idTaken, accountTaken }: LookedRow['look'], isTwice: boolean): keyof typeof TAKEN | null {
  if (isTwice) return 'account_twice';
  if (idTaken) return 'id_taken';
  return accountTaken ? 'account_taken' : null;
}

const refuseTaken = ({ findings, columnOf }: Adoption, row: ReadRow, taken: keyof typeof TAKEN): void =>
  findings.refuse(namedRow(row), taken, columnOf(TAKEN[taken]));

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

function count(adoption: Adoption, row: ReadRow, { is, endpointId, orgId }: Adopted & { readonly orgId: string }): void {
  const { findings } = adoption;
  if (is === 'taken') return void refuseTaken(adoption, row, 'id_taken');
  if (is === 'account_taken') return void refuseTaken(adoption, row, 'account_taken');
  const outcome = SETTLED[is];
  if (outcome) findings.settle(namedRow(row), outcome, { endpointId, orgId, withLogin: row.hasLogin });
  else findings.leave(namedRow(row), is as Left, endpointId, orgId);
}
