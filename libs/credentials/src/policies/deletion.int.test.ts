import { CancelKeyDeletionCommand, DisableKeyCommand, EnableKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { CreateSecretCommand, DeleteSecretCommand, RemoveRegionsFromReplicationCommand, UntagResourceCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, DeleteParametersCommand, GetParameterCommand, PutParameterCommand, RemoveTagsFromResourceCommand } from '@aws-sdk/client-ssm';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENVIRONMENT, type JudgedAccount, openJudgedAccount, OPEN_ROLE } from './isolation/account.fixture.ts';
import { type Clients, clientsOf, closeClients } from './isolation/clients.fixture.ts';
import { GUARDIAN_ROLE, taskRoleName, tenantRoleName } from './index.ts';

const TENANT = 'mercy';
const tags = { env: ENVIRONMENT, tenant_id: TENANT };
const root = `/rcm/${ENVIRONMENT}/${TENANT}`;
const current = `${root}/endpoints/e1/a1`;
const staged = `${root}/rotation/e1/a1/x1`;
/** An endpoint may be called as a folder is. */
const stagedOfEndpoints = `${root}/rotation/endpoints/a1/x1`;
const currentOfRotation = `${root}/endpoints/rotation/a1`;
const secret = current.slice(1);

const CALLERS = ['administrator', 'a role that may do everything', 'agent', 'rotator', 'migrator', 'task of rotator', 'guardian'] as const;
type Caller = (typeof CALLERS)[number];

interface Act {
  readonly name: string;
  readonly by: readonly Caller[];
  run(clients: Clients, keyId: string): Promise<unknown>;
}

const removal = (name: string, by: readonly Caller[], Name: string): Act => ({
  name,
  by,
  run: ({ ssm }) => ssm.send(new DeleteParameterCommand({ Name })),
});

/** Everything that takes something away for good, and the whole of who may do it. */
const ACTS: readonly Act[] = [
  removal('deleting a current password', ['guardian'], current),
  removal('deleting the current password of an endpoint named rotation', ['guardian'], currentOfRotation),
  removal('deleting a staged copy', ['rotator', 'guardian'], staged),
  removal('deleting a staged copy of an endpoint named endpoints', ['rotator', 'guardian'], stagedOfEndpoints),
  removal('deleting another tenant’s staged copy', ['guardian'], `/rcm/${ENVIRONMENT}/mercy-west/rotation/e1/a1/x1`),
  { name: 'deleting several at once', by: ['guardian'], run: ({ ssm }) => ssm.send(new DeleteParametersCommand({ Names: [current, staged] })) },
  {
    name: 'removing the tags of a parameter',
    by: ['guardian'],
    run: ({ ssm }) => ssm.send(new RemoveTagsFromResourceCommand({ ResourceType: 'Parameter', ResourceId: current, TagKeys: ['TenantId'] })),
  },
  { name: 'deleting a secret', by: ['guardian'], run: ({ secrets }) => secrets.send(new DeleteSecretCommand({ SecretId: secret })) },
  {
    name: 'deleting a secret beyond recovery',
    by: ['guardian'],
    run: ({ secrets }) => secrets.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true })),
  },
  {
    name: 'taking a secret’s copies away',
    by: ['guardian'],
    run: ({ secrets }) => secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId: secret, RemoveReplicaRegions: ['us-west-2'] })),
  },
  {
    name: 'removing the tags of a secret',
    by: ['guardian'],
    run: ({ secrets }) => secrets.send(new UntagResourceCommand({ SecretId: secret, TagKeys: ['TenantId'] })),
  },
  { name: 'disabling the key', by: ['guardian'], run: ({ kms }, KeyId) => kms.send(new DisableKeyCommand({ KeyId })) },
  { name: 'scheduling the key’s deletion', by: ['guardian'], run: ({ kms }, KeyId) => kms.send(new ScheduleKeyDeletionCommand({ KeyId })) },
  // What a guardian is not for.
  {
    name: 'reading a password',
    by: ['agent', 'rotator', 'migrator'],
    run: ({ ssm }) => ssm.send(new GetParameterCommand({ Name: current, WithDecryption: true })),
  },
];

describe.skipIf(backend() === 'containers')('deleting, over HTTP (the emulator in containers enforces no policies)', () => {
  let account: JudgedAccount;
  let admin: Clients;
  const callers = new Map<Caller, Clients>();
  beforeAll(async () => {
    account = await openJudgedAccount();
    const { aws } = account;
    admin = clientsOf(aws, aws.credentials);
    const keys = {
      administrator: aws.credentials,
      'a role that may do everything': aws.taskCredentials(OPEN_ROLE),
      agent: aws.taskCredentials(tenantRoleName('agent'), tags),
      rotator: aws.taskCredentials(tenantRoleName('rotator'), tags),
      migrator: aws.taskCredentials(tenantRoleName('migrator'), tags),
      'task of rotator': aws.taskCredentials(taskRoleName('rotator')),
      guardian: aws.taskCredentials(GUARDIAN_ROLE),
    };
    for (const caller of CALLERS) callers.set(caller, clientsOf(aws, keys[caller]));
  });
  afterAll(async () => {
    for (const clients of [...callers.values(), admin]) closeClients(clients);
    await account?.close();
  });

  /** Makes what the act takes away, and gives it back. */
  const around = async <T>(run: () => Promise<T>): Promise<T> => {
    const { kmsKeyArn: KeyId } = account.aws;
    const made = async (clients: Clients): Promise<void> => {
      const Tags = [
        { Key: 'TenantId', Value: TENANT },
        { Key: 'Environment', Value: ENVIRONMENT },
      ];
      for (const Name of [current, staged, stagedOfEndpoints, currentOfRotation, `/rcm/${ENVIRONMENT}/mercy-west/rotation/e1/a1/x1`])
        await clients.ssm.send(new PutParameterCommand({ Name, Value: 'v', Type: 'SecureString', KeyId, Tags })).catch(() => undefined);
      await clients.secrets.send(new CreateSecretCommand({ Name: secret, SecretString: 'v', KmsKeyId: KeyId, Tags })).catch(() => undefined);
    };
    await account.unguarded(async () => {
      await admin.secrets.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true })).catch(() => undefined);
      await made(admin);
    });
    try {
      return await run();
    } finally {
      await account.unguarded(async () => {
        await admin.kms.send(new CancelKeyDeletionCommand({ KeyId })).catch(() => undefined);
        await admin.kms.send(new EnableKeyCommand({ KeyId }));
      });
    }
  };

  it.each(ACTS)('$name is for $by', async (act) => {
    const allowed: string[] = [];
    for (const caller of CALLERS) {
      const clients = callers.get(caller) as Clients;
      const { outcome } = await around(() => account.judge(() => act.run(clients, account.aws.kmsKeyArn)));
      if (outcome === 'allowed') allowed.push(caller);
      else expect(`${caller}: ${outcome}`).toBe(`${caller}: denied`);
    }
    expect(allowed).toEqual(act.by);
  });

  it('what was disabled or is to be deleted can be saved by every administrator', async () => {
    const { kmsKeyArn: KeyId } = account.aws;
    await around(async () => {
      await account.unguarded(() => admin.kms.send(new ScheduleKeyDeletionCommand({ KeyId })));
      expect(await account.judge(() => admin.kms.send(new CancelKeyDeletionCommand({ KeyId })))).toMatchObject({ outcome: 'allowed' });
      expect(await account.judge(() => admin.kms.send(new EnableKeyCommand({ KeyId })))).toMatchObject({ outcome: 'allowed' });
    });
  });
});
