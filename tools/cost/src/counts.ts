import { openDatabase, readDatabaseConfig } from '@rcm/db';
import { countSecrets, type SecretCount } from '@rcm/db/admin';
import { RcmError } from '@rcm/telemetry';

export interface Counts {
  readonly ssm: number;
  readonly secretsManager: number;
  readonly vault: number;
  readonly rotationsPerYear: number;
  readonly organizations: readonly { readonly orgId: string; readonly credentials: number }[];
}

/** Counts the rows of the deployment's database; reads only. Fails with `config_invalid`, `database_unavailable`. */
export async function countsOfDatabase(environment: NodeJS.ProcessEnv): Promise<Counts> {
  if (!environment.RCM_DATABASE_URL && !environment.RCM_DATABASE_URL_FILE)
    throw new RcmError(
      'config_invalid',
      'Name the database to count in (RCM_DATABASE_URL, as a member of rcm_rotator), or say how many there are: --credentials 2000.',
    );
  const config = readDatabaseConfig(environment);
  const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-cost', maxConnections: 1, role: 'rcm_rotator' });
  try {
    return summed(await countSecrets(db));
  } finally {
    await db.close();
  }
}

function summed(counts: readonly SecretCount[]): Counts {
  const sum = (of: readonly SecretCount[]) => of.reduce((total, { secrets }) => total + secrets, 0);
  const inStore = (store: SecretCount['store']) => sum(counts.filter((count) => count.store === store));
  return {
    ssm: inStore('ssm'),
    secretsManager: inStore('secrets-manager'),
    vault: inStore('vault'),
    rotationsPerYear: Math.round(counts.reduce((total, { rotationsPerYear }) => total + rotationsPerYear, 0)),
    organizations: [...Map.groupBy(counts, ({ orgId }) => orgId)].map(([orgId, own]) => ({ orgId, credentials: sum(own) })),
  };
}
