import { type CredentialPayload, createTenantStores, parsePayload, parseReference } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { migrationCounts } from '@rcm/db/migration';
import { rotationCounts } from '@rcm/db/rotation';
import { taskCounts } from '@rcm/db/tasks';
import type { RunningAws } from '../aws/running.ts';
import type { PortalControl } from '../portals/control.ts';
import { ENVIRONMENT_NAME } from '../processes/environment.ts';
import { allEndpoints } from '../seed/seed.ts';
import type { Figures } from './figures.ts';

/** The part of the figures that the database, the portals and the secret store tell. */
export type Reached = Omit<Figures, 'secretsSearched' | 'plaintextHitsBeforeScrub' | 'plaintextHits' | 'durationMs'>;

/** `seeded`: the ids of what the runs have made; whose password is good is asked of these, at the portals that are practised on. */
export async function readReached(db: Database, control: PortalControl, aws: RunningAws, seeded: readonly string[]): Promise<Reached> {
  const { endpoints, migrated, verified, scrubbed } = await migrationCounts(db);
  const { succeeded, failed, failedForCredentials, duringRotation } = await taskCounts(db);
  const { done, abandoned, blocked } = await rotationCounts(db);
  // Before the portals' figures, although it counts as no login: what is asked for must not move what is counted.
  const isSeeded = new Set(seeded);
  const practised = (await allEndpoints(db)).filter(({ id }) => isSeeded.has(id));
  const acceptsStored = await countAccepted(practised, control, aws);
  const { loginsAccepted, loginsRejected, accountsLocked, passwordsChanged } = await control.figures();
  return {
    ...{ endpoints, migrated, verified, scrubbed },
    tasks: { succeeded, failed, failedForCredentials, duringRotation },
    rotations: { done, abandoned, blocked },
    portal: { loginsAccepted, loginsRejected, accountsLocked, passwordsChanged, acceptsStored },
  };
}

/** How many endpoints' stored passwords their portal accepts now: each read as its own tenant, as the rotator would. */
async function countAccepted(endpoints: readonly EndpointRow[], control: PortalControl, aws: RunningAws): Promise<number> {
  const stores = createTenantStores({
    region: aws.region,
    endpoint: aws.endpoint,
    environment: ENVIRONMENT_NAME,
    kmsKeyId: aws.kmsKeyId,
    roleArn: aws.tenantRoleArn('rotator'),
    credentials: await aws.taskKeys('rotator'),
  });
  const accepted = async ({ orgId, portalTypeCode, secretArn }: EndpointRow): Promise<boolean> => {
    const stored = secretArn === null ? null : await stores.forTenant(orgId).read(parseReference(secretArn));
    if (!stored) return false;
    const { username, password }: CredentialPayload = parsePayload(stored.text).reveal();
    return control.accepts({ portal: portalTypeCode, username, password });
  };
  try {
    let count = 0;
    for (const endpoint of endpoints) count += Number(await accepted(endpoint));
    return count;
  } finally {
    await stores.close();
  }
}
