import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  StopReplicationToReplicaCommand,
} from '@aws-sdk/client-secrets-manager';
import { type LocalAws, Regions, startLocalAws } from '@rcm/local-aws';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clients, clientsOf, closeClients } from './isolation/clients.fixture.ts';
import { GUARDIAN_ROLE, platformPolicies, taskRoleName, tenantRoleName } from './index.ts';

const [HOME, AWAY, THIRD] = ['us-east-1', 'us-west-2', 'eu-west-1'] as const;
const ENVIRONMENT = 'prod';
const KEY = 'alias/rcm-credentials';
/** The account's third region is none of the platform's. */
const enforce = platformPolicies({ accountId: '123456789012', regions: [HOME, AWAY], environment: ENVIRONMENT });
const CALLERS = ['administrator', 'agent', 'rotator', 'migrator', 'rotator of mercy-west', 'task of rotator', 'guardian'] as const;
type Caller = (typeof CALLERS)[number];

interface Act {
  readonly name: string;
  readonly by: readonly Caller[];
  /** In which region it is asked. */
  readonly at: typeof HOME | typeof AWAY;
  run(clients: Clients, SecretId: string): Promise<unknown>;
}

const replicate = (name: string, by: readonly Caller[], Region: string, more: { readonly at?: typeof AWAY; readonly force?: 'by force' } = {}): Act => ({
  ...{ name, by, at: more.at ?? HOME },
  run: ({ secrets }, SecretId) =>
    secrets.send(
      new ReplicateSecretToRegionsCommand({
        ...{ SecretId, AddReplicaRegions: [{ Region, KmsKeyId: KEY }] },
        ...(more.force ? { ForceOverwriteReplicaSecret: true } : {}),
      }),
    ),
});

/**
 * Everything that makes, shows or takes away a copy, of a secret of mercy’s, and the whole of who may do it. Whoever may do everything that IAM gives, and may not
 * use our key, makes no copy of what lies under it.
 */
const ACTS: readonly Act[] = [
  replicate('a copy in the second region', ['rotator', 'migrator'], AWAY),
  replicate('a copy in a third region', [], THIRD),
  replicate('a copy in place of another secret', [], AWAY, { force: 'by force' }),
  // Of a copy there are no copies, whoever asks.
  replicate('a copy of the copy', ['administrator'], THIRD, { at: AWAY }),
  {
    ...{ name: 'looking whether it has one', by: ['administrator', 'rotator', 'migrator'], at: HOME },
    run: ({ secrets }, SecretId) => secrets.send(new DescribeSecretCommand({ SecretId })),
  },
  {
    ...{ name: 'looking at the copy', by: ['administrator'], at: AWAY },
    run: ({ secrets }, SecretId) => secrets.send(new DescribeSecretCommand({ SecretId })),
  },
  {
    ...{ name: 'a copy taken away', by: ['guardian'], at: HOME },
    run: ({ secrets }, SecretId) => secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId, RemoveReplicaRegions: [AWAY] })),
  },
  {
    ...{ name: 'a copy made a secret of its own', by: ['administrator'], at: AWAY },
    run: ({ secrets }, SecretId) => secrets.send(new StopReplicationToReplicaCommand({ SecretId })),
  },
];

describe.skipIf(backend() === 'containers')('copies of secrets, over HTTP (the emulator in containers enforces no policies)', () => {
  let aws: readonly LocalAws[];
  const clients = new Map<string, Clients>();
  let made = 0;
  beforeAll(async () => {
    const regions = new Regions();
    aws = await Promise.all([HOME, AWAY, THIRD].map((region) => startLocalAws({ region, regions, enforce })));
    for (const each of aws) {
      const of = (app: 'agent' | 'rotator' | 'migrator', tenant_id = 'mercy') => each.taskCredentials(tenantRoleName(app), { env: ENVIRONMENT, tenant_id });
      const keys = {
        ...{ administrator: each.credentials, guardian: each.taskCredentials(GUARDIAN_ROLE), 'task of rotator': each.taskCredentials(taskRoleName('rotator')) },
        ...{ agent: of('agent'), rotator: of('rotator'), migrator: of('migrator'), 'rotator of mercy-west': of('rotator', 'mercy-west') },
      };
      for (const caller of CALLERS) clients.set(`${caller} in ${each.region}`, clientsOf(each, keys[caller]));
    }
  });
  afterAll(async () => {
    for (const each of clients.values()) closeClients(each);
    await Promise.all((aws ?? []).map((each) => each.close()));
  });
  const as = (caller: Caller, region: string): Clients => {
    const found = clients.get(`${caller} in ${region}`);
    if (!found) throw new Error(`no ${caller} in ${region}`);
    return found;
  };

  /** A secret of mercy's under our key, made by a rotator. */
  async function newSecret(): Promise<string> {
    const Name = `rcm/${ENVIRONMENT}/mercy/endpoints/e${(made += 1)}/a1`;
    const Tags = Object.entries({ TenantId: 'mercy', Environment: ENVIRONMENT }).map(([Key, Value]) => ({ Key, Value }));
    await as('rotator', HOME).secrets.send(new CreateSecretCommand({ Name, SecretString: 'one', Tags, KmsKeyId: KEY }));
    return Name;
  }
  const copy = (by: Caller, SecretId: string) =>
    as(by, HOME).secrets.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: AWAY, KmsKeyId: KEY }] }));
  /** What the policies say; what is refused beside them was allowed by them. */
  const verdict = (act: Promise<unknown>) =>
    act.then(
      () => 'allowed',
      (error: Error) => (error.name === 'AccessDeniedException' ? 'denied' : 'allowed'),
    );

  it.each(ACTS.flatMap((act) => CALLERS.map((caller) => ({ act, what: act.name, caller, expected: act.by.includes(caller) ? 'allowed' : 'denied' }))))(
    '$what: $caller is $expected',
    async ({ act, caller, expected }) => {
      const name = await newSecret();
      if (act.at === AWAY) await copy('rotator', name);
      expect(await verdict(act.run(as(caller, act.at), name))).toBe(expected);
    },
  );

  it.each(['rotator', 'migrator'] as const)(
    'a copy that a %s asks for is made under the second region’s key, and agents of its tenant read it',
    async (writer) => {
      const SecretId = await newSecret();
      await copy(writer, SecretId);
      const { ReplicationStatus } = await as('rotator', HOME).secrets.send(new DescribeSecretCommand({ SecretId }));
      expect(ReplicationStatus).toMatchObject([{ Region: AWAY, Status: 'InSync' }]);
      const read = (caller: Caller) => as(caller, AWAY).secrets.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSCURRENT' }));
      expect((await read('agent')).SecretString).toBe('one');
      for (const caller of ['administrator', 'rotator of mercy-west', 'guardian'] as const) expect(await verdict(read(caller))).toBe('denied');
    },
  );

  it('with one region there is nobody who makes a copy, or looks for one', () => {
    const { roles, keyPolicy } = platformPolicies({ accountId: '123456789012', regions: [HOME], environment: ENVIRONMENT });
    const all = JSON.stringify(roles.filter(({ name }) => name !== GUARDIAN_ROLE));
    expect(all).not.toContain('Replica');
    expect(all).not.toContain('DescribeSecret');
    expect(JSON.stringify(keyPolicy.Statement.find(({ Sid }) => Sid === 'WritersUseSecrets'))).not.toContain('kms:Encrypt"');
  });
});
