import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';

export interface OrganizationName {
  readonly id: string;
  readonly name: string;
}

/** The first of all organizations, by id, or of those after one. For `rcm_operator`, `rcm_console`. */
export async function listOrganizations(
  db: Database,
  { after = '', limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly OrganizationName[]> {
  const most = checkLimit(limit);
  return byIndex(
    db,
    'every tenant',
    (tx) => tx.$queryRaw<OrganizationName[]>`SELECT o.id, o.name FROM organization o WHERE o.id > ${after} ORDER BY o.id LIMIT ${most}`,
  );
}

/** One of them; `null`: there is none. For every role. */
export async function findOrganizationName(db: Database, orgId: string): Promise<OrganizationName | null> {
  const [row] = await db.transaction(
    { tenant: orgId },
    (tx) => tx.$queryRaw<OrganizationName[]>`SELECT o.id, o.name FROM organization o WHERE o.id = ${orgId}`,
  );
  return row ?? null;
}
