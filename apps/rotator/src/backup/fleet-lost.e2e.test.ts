import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteSecretCommand, RemoveRegionsFromReplicationCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createCredentialManager, createReplicatedReaders, parseReference } from '@rcm/credentials';
import { generateAgeIdentity } from '@rcm/credentials/backup';
import { GUARDIAN_ROLE, taskRoleName } from '@rcm/credentials/policies';
import { getEndpoint } from '@rcm/db';
import { createMetrics, isRetryable } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { backupCommand } from '../commands/backup.ts';
import { copiesCommand } from '../commands/copies.ts';
import { restoreCommand } from '../commands/restore.ts';
import { verifyLogin } from '../commands/verify-login.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { backupPlace } from './open-place.ts';

/** A region that is gone, and then every secret: at the size of a fleet in the long form, whose figures are in docs/disaster.md. */
const LOGINS = isLongForm() ? 2_000 : 10;
/** One of so many lies in Secrets Manager, the others in SSM. */
const EVERY_SO_MANY = 5;
const SAMPLE = isLongForm() ? 5 : 2;
/** Calls a second that SSM lets an account make in a region. */
const AWS_DEFAULTS = { reads: 40, writes: 3 };
/** Tasks at once of a few agents. */
const HANDS = 32;
const ACT = { actor: 'person:os:jane@host', reason: 'drill' };
// They only end what hangs.
vi.setConfig({ testTimeout: 14_400_000, hookTimeout: 3_600_000 });

let opened: RotatorEnvironment;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rcm-fleet-lost-'));
  opened = await openRotatorEnvironment({ endpoints: [], secondRegion: true });
  // Some at once: of the size of a fleet each waits for its disk.
  for (let n = 0; n < LOGINS; n += EVERY_SO_MANY)
    await Promise.all(Array.from({ length: EVERY_SO_MANY }, (_, i) => opened.testEnvironment.addEndpoint('alpine', i === 0 ? 'secrets-manager' : 'ssm')));
  for (const region of [opened.testEnvironment.aws, opened.testEnvironment.replica]) region?.setQuotas(AWS_DEFAULTS);
});
afterAll(async () => {
  await opened?.close();
  if (folder) await rm(folder, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  opened.testEnvironment.aws.setFaults({ kind: 'none' });
});

const context = () => ({ opened: opened.process, json: true, signal: new AbortController().signal });
const logins = () => opened.testEnvironment.endpoints;
const isReplicated = ({ secretArn }: EnvironmentEndpoint): boolean => parseReference(secretArn).store === 'secrets-manager';

/** What a command says, and for how long it ran. */
async function timed(what: string, act: () => Promise<number>) {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const began = performance.now();
  const exitCode = await act();
  const told = JSON.parse(String(written.mock.lastCall?.[0])) as Readonly<Record<string, unknown>>;
  vi.restoreAllMocks();
  say(what, began);
  return { exitCode, told };
}
const say = (what: string, began: number): void =>
  void process.stdout.write(`fleet lost: ${what} of ${LOGINS} logins in ${((performance.now() - began) / 1_000).toFixed(1)} s\n`);

const copies = (what: string) => timed(what, () => copiesCommand(context(), ACT));
const versionOf = async ({ id, orgId }: EnvironmentEndpoint) =>
  (await getEndpoint(opened.testEnvironment.db, { orgId, endpointId: id }))?.currentVersion ?? null;
const lost = async (): Promise<readonly string[]> => {
  const refused: string[] = [];
  for (const { id } of logins()) if (!(await opened.testEnvironment.portalAcceptsStore(id))) refused.push(id);
  return refused;
};

/** As tasks do it, so many at once: what no store has answered is put off and comes again. */
async function byHands<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const [waiting, done]: [T[], R[]] = [[...all], []];
  const hand = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      try {
        done.push(await work(one));
      } catch (error) {
        if (!isRetryable(error)) throw error;
        waiting.push(one);
      }
    }
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
  return done;
}

/** An agent that has held nothing yet, as one that starts in the second place. */
function newAgent() {
  const { testEnvironment } = opened;
  const { replica } = testEnvironment;
  if (!replica) throw new Error('no second region');
  const metrics = createMetrics();
  const stores = createReplicatedReaders({
    stores: {
      ...{
        region: testEnvironment.aws.region,
        endpoint: testEnvironment.aws.endpoint,
        environment: testEnvironment.environmentName,
        kmsKeyId: testEnvironment.aws.kmsKeyArn,
      },
      ...{ roleArn: testEnvironment.aws.tenantRoleArn('agent'), credentials: testEnvironment.aws.taskCredentials(taskRoleName('agent')) },
    },
    replica: { RCM_AWS_REPLICA_REGION: replica.region, RCM_AWS_REPLICA_ENDPOINT: replica.endpoint, RCM_AWS_REPLICA_KMS_KEY_ID: replica.kmsKeyArn },
    metrics,
  });
  return { credentials: createCredentialManager({ stores, metrics, readDeadlineMs: 600_000 }), close: () => stores.close() };
}

/** Everything that the guardian can take: secrets, what is staged, and the copies in the second region. */
async function destroyEverything(): Promise<void> {
  const { aws, replica } = opened.testEnvironment;
  for (const region of [aws, replica]) {
    if (!region) continue;
    const options = { region: region.region, endpoint: region.endpoint, credentials: aws.taskCredentials(GUARDIAN_ROLE) };
    const [ssm, secrets] = [new SSMClient(options), new SecretsManagerClient(options)];
    const names = logins().flatMap((login) => (isReplicated(login) ? [] : [`/${/rcm\/.*$/.exec(login.secretArn)?.[0] ?? ''}`]));
    for (let from = 0; from < names.length; from += 10) await ssm.send(new DeleteParametersCommand({ Names: names.slice(from, from + 10) }));
    for (const { secretArn } of region === aws ? logins().filter(isReplicated) : []) {
      await secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId: secretArn, RemoveReplicaRegions: [replica?.region ?? ''] }));
      await secrets.send(new DeleteSecretCommand({ SecretId: secretArn, ForceDeleteWithoutRecovery: true }));
    }
    [ssm, secrets].forEach((client) => client.destroy());
  }
}

it('copies of all are made; with the first region gone, an agent that starts anew reads every one of them', async () => {
  const replicated = logins().filter(isReplicated).length;
  expect(await copies('copies made')).toMatchObject({ exitCode: 0, told: { written: LOGINS - replicated, replicating: replicated, failed: 0 } });
  expect(await copies('copies compared')).toMatchObject({ exitCode: 0, told: { current: LOGINS, failed: 0 } });
  const versions = new Map<string, string | null>();
  for (const login of logins()) versions.set(login.id, await versionOf(login));
  opened.testEnvironment.aws.setFaults({ kind: 'down' });
  const { credentials, close } = newAgent();
  const began = performance.now();
  const read = async ({ id, orgId, secretArn }: EnvironmentEndpoint) => {
    const held = await credentials.get({ orgId, reference: parseReference(secretArn), version: versions.get(id) ?? null });
    return [held.served, held.version === versions.get(id)] as const;
  };
  expect(await read(logins()[0]!)).toEqual(['replica', true]);
  say('first copy read', began);
  const others = await byHands(logins().slice(1), read);
  say('copies read', began);
  expect(others.filter(([served, isCurrent]) => served !== 'replica' || !isCurrent)).toEqual([]);
  expect(others).toHaveLength(LOGINS - 1);
  await close();
});

it('every secret and every copy is lost, and all of them come back out of the backup, each with its copy', async () => {
  const { identity, recipient } = await generateAgeIdentity();
  const identityFile = join(folder, 'identity.txt');
  await writeFile(identityFile, `${identity.reveal()}\n`, { mode: 0o600 });
  const place = await backupPlace(join(folder, 'backups'), {
    region: opened.testEnvironment.aws.region,
    endpoint: opened.testEnvironment.aws.endpoint,
    signal: context().signal,
  });
  const backup = await timed('backup', () => backupCommand(context(), { ...ACT, place, orgId: opened.testEnvironment.orgId, recipients: [recipient] }));
  place.close();
  const [{ file, ...counts }] = backup.told.files as [{ readonly file: string }];
  expect([backup.exitCode, counts]).toEqual([0, expect.objectContaining({ logins: LOGINS, missing: [] })]);
  process.stdout.write(`fleet lost: the file has ${(await stat(file)).size} bytes\n`);

  await destroyEverything();
  expect(await opened.rotator.stores.forTenant(opened.testEnvironment.orgId).read(parseReference(logins()[0]!.secretArn))).toBeNull();
  const restored = await timed('restore', () => restoreCommand(context(), { ...ACT, file, identity: identityFile, acceptUnknown: false, dryRun: false }));
  expect(restored).toMatchObject({ exitCode: 0, told: { counts: { restored: LOGINS, failed: 0 } } });

  // Secrets Manager has given new ARNs, and the rows follow.
  const arns = new Map(
    (await opened.sql<{ id: string; secret_arn: string }>('SELECT id, secret_arn FROM integration_endpoint', [])).map((row) => [row.id, row.secret_arn]),
  );
  for (const login of logins()) Object.assign(login, { secretArn: arns.get(login.id) });
  expect(await lost()).toEqual([]);
  expect(await copies('copies compared after the restore')).toMatchObject({ exitCode: 0, told: { current: LOGINS, failed: 0 } });
  for (let n = 0; n < SAMPLE; n += 1) {
    const { id, portal, username } = logins()[Math.floor((n * LOGINS) / SAMPLE)]!;
    await verifyLogin(opened.process, { ...ACT, endpointId: id }, context().signal);
    expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ locked: false, accountsLocked: 0, loginsAccepted: 1 });
  }
});
