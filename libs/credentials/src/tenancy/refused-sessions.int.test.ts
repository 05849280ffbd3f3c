import { type Authorize, createEnforcement, type LocalAws, startLocalAws } from '@rcm/local-aws';
import { createMetrics, type Metrics } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { platformPolicies, taskRoleName, type TenantApp } from '../policies/index.ts';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import type { SecretReference } from '../reference.ts';
import { codeOf, newReference, passwordOf, payloadText, tags } from '../stores/contract/store-under-test.fixture.ts';
import type { SecretStore } from '../stores/store.ts';
import { createTenantStores } from './tenant-stores.ts';

const account = { partition: 'aws', accountId: '123456789012', region: 'us-east-1' } as const;
const enforce = platformPolicies({ accountId: account.accountId, regions: [account.region], environment: tags.Environment });
/** As long as a refusal of a young session is believed. */
const PAUSE = 30_000;

let aws: LocalAws;
let clock: ManualClock;
let metrics: Metrics;
let secrets: readonly SecretReference[];
const seen = new Set<string>();
const revoked = new Set<string>();
const closing: (() => Promise<void>)[] = [];

/** As after "Revoke active sessions": a policy that denies whatever a session does that was issued before now. */
const revokeAll = () => seen.forEach((key) => revoked.add(key));
const revocable =
  (authorize: Authorize): Authorize =>
  (request) => {
    if (!request.action.startsWith('sts:')) seen.add(request.principal.accessKeyId);
    if (revoked.has(request.principal.accessKeyId)) return { resource: '*', because: 'of an explicit deny in an identity-based policy' };
    return authorize(request);
  };

const open = (app: TenantApp, task = app): SecretStore => {
  const place = { region: aws.region, endpoint: aws.endpoint, environment: tags.Environment, kmsKeyId: 'alias/rcm-credentials', maxAttempts: 1 };
  const stores = createTenantStores({ ...place, credentials: aws.taskCredentials(taskRoleName(task)), roleArn: aws.tenantRoleArn(app), clock, metrics });
  closing.push(() => stores.close());
  return stores.forTenant(tags.TenantId);
};
const sessions = async (outcome: 'assumed' | 'kept' | 'failed') =>
  Number(new RegExp(`sessions_total\\{.*outcome="${outcome}"\\} (\\d+)`).exec(await metrics.exposition())?.[1] ?? 0);

describe.skipIf(backend() === 'containers')('a tenant session that AWS refuses (the emulator in containers enforces no policies)', () => {
  beforeAll(async () => {
    aws = await startLocalAws({ enforce, authorize: revocable(await createEnforcement(enforce, { account, baseIsAdmin: true })) });
    [clock, metrics] = [new ManualClock(Date.now()), createMetrics()];
    const migrator = open('migrator');
    const made = (['ssm', 'secrets-manager'] as const).map((kind) => migrator.create(newReference({ kind }), payloadText(kind), tags));
    secrets = (await Promise.all(made)).map(({ reference }) => reference);
  });
  beforeEach(() => {
    aws.setFaults({ kind: 'none' });
    [clock, metrics] = [new ManualClock(Date.now()), createMetrics()];
  });
  afterAll(async () => {
    for (const close of closing) await close();
    await aws.close();
  });

  /** What no agent may do. */
  const write = async (agent: SecretStore) => {
    for (const reference of secrets) await agent.replace(reference, payloadText('mine'), '1');
  };
  const readAll = async (agent: SecretStore) => [...(await agent.readMany(secrets)).values()].map((answer) => passwordOf(answer as never));

  it('was revoked: whoever notices asks for another one, once for all, and no read fails', async () => {
    const agent = open('agent');
    await readAll(agent);
    revokeAll();
    clock.forward(PAUSE);
    const reads = await Promise.all(Array.from({ length: 10 }, () => readAll(agent)));
    expect(reads).toEqual(Array.from({ length: 10 }, () => ['ssm', 'secrets-manager']));
    expect(await sessions('assumed')).toBe(2);
  });

  it('was revoked after the clock was set back: it is not taken for a young one', async () => {
    const agent = open('agent');
    await readAll(agent);
    revokeAll();
    clock.forward(-60_000);
    expect(await readAll(agent)).toHaveLength(2);
  });

  it('may not do this one thing: one new session in thirty seconds, and no more', async () => {
    const agent = open('agent');
    const writes = async (times: number) => {
      for (let i = 0; i < times; i += 1) expect(await codeOf(write(agent))).toBe('store_denied');
      return sessions('assumed');
    };
    expect(await writes(3)).toBe(1);
    clock.forward(PAUSE);
    expect(await writes(3)).toBe(2);
    clock.forward(PAUSE);
    expect(await writes(3)).toBe(3);
  });

  it('goes on for what it may do while STS is down', async () => {
    const agent = open('agent');
    await readAll(agent);
    aws.setFaults({ match: 'sts', kind: 'down' });
    clock.forward(PAUSE);
    for (let i = 0; i < 3; i += 1) expect(await codeOf(write(agent))).toBe('store_denied');
    expect(await readAll(agent)).toEqual(['ssm', 'secrets-manager']);
    expect(await sessions('kept')).toBe(1);
  });

  it('is not to be had at all: a batch that fails for it asks STS once', async () => {
    const wrong = open('rotator', 'agent');
    const answers = await wrong.readMany(Array.from({ length: 10 }, () => newReference({ kind: 'ssm' })));
    expect([...answers.values()].map((answer) => answer !== null && 'code' in answer && answer.code)).toEqual(Array.from({ length: 10 }, () => 'store_denied'));
    expect(await sessions('failed')).toBe(1);
    clock.forward(5_000);
    await wrong.readMany([newReference({ kind: 'ssm' })]);
    expect(await sessions('failed')).toBe(2);
  });
});
