import type { Database } from './database.ts';

export interface CurrentVersion {
  readonly endpointId: string;
  readonly secretArn: string;
  readonly version: string | null;
}

/**
 * The version that each of one organization's secrets has now, for whoever missed notifications and asks only for what it holds:
 * one look-up by index per secret. A secret that no row names is left out; one that several endpoints share comes several times.
 */
export async function listCurrentVersions(
  db: Database,
  { orgId, secretArns }: { readonly orgId: string; readonly secretArns: readonly string[] },
): Promise<CurrentVersion[]> {
  const rows = await db.transaction({ tenant: orgId }, (tx) =>
    tx.integrationEndpoint.findMany({ where: { orgId, secretArn: { in: [...secretArns] } }, select: { id: true, secretArn: true, currentVersion: true } }),
  );
  return rows.flatMap(({ id, secretArn, currentVersion }) => (secretArn === null ? [] : [{ endpointId: id, secretArn, version: currentVersion }]));
}
