import { createServer, request, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { createMetrics, type Metrics } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReplicatedReaders, createReplicatedStores } from '../failover/replicated.ts';
import { credentialReference } from '../reference.ts';
import { codeOf, newSlot, passwordOf, payloadText, rotatedText } from './contract/store-under-test.fixture.ts';

const ORG = 'hospital-a';
const TAGS = { TenantId: ORG, Environment: 'test', PortalType: 'alpine' };
const READS = ['GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory'];

let [home, away]: LocalAws[] = [];
let wires: readonly Server[];
let arrived: string[];
let abroad: string[];
let metrics: Metrics;

/** What AWS would count: a server that passes on whatever arrives, untouched, and keeps the names of the operations. */
function onTheWire(target: string, arrives: (operation: string) => void): Server {
  return createServer((asked, answer) => {
    const body: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => body.push(chunk));
    asked.on('end', () => {
      const bytes = Buffer.concat(body);
      arrives(String(asked.headers['x-amz-target'] ?? '').split('.')[1] ?? /Action=(\w+)/.exec(bytes.toString())?.[1] ?? '');
      const passed = request(target, { method: asked.method ?? 'POST', path: asked.url ?? '/', headers: asked.headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(answer);
      });
      passed.on('error', () => asked.socket.destroy());
      passed.end(bytes);
    });
  });
}

// Only local-aws can fail on demand; on the containers backend there is nothing to ask for.
describe.skipIf(backend() === 'containers')('calls that come off quotas of the account (local-aws alone can be told to fail)', () => {
  beforeAll(async () => {
    [home, away] = await Promise.all([startLocalAws({ region: 'us-east-1' }), startLocalAws({ region: 'us-west-2' })]);
    wires = [onTheWire(home.endpoint, (each) => arrived.push(each)), onTheWire(away.endpoint, (each) => abroad.push(each))];
    await Promise.all(wires.map((wire) => new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))));
  });
  beforeEach(() => {
    [arrived, abroad, metrics] = [[], [], createMetrics()];
    home?.setFaults({ kind: 'none' });
  });
  afterAll(async () => {
    for (const wire of wires ?? []) wire.close();
    await Promise.all([home?.close(), away?.close()]);
  });

  const endpoint = (region: number) => `http://127.0.0.1:${(wires[region]?.address() as AddressInfo).port}`;
  const options = (role: 'agent' | 'rotator') => ({
    stores: {
      ...{ region: 'us-east-1', endpoint: endpoint(0), environment: 'test', kmsKeyId: 'alias/rcm-credentials' },
      ...{ credentials: home!.credentials, roleArn: home!.tenantRoleArn(role) },
    },
    replica: { RCM_AWS_REPLICA_REGION: 'us-west-2', RCM_AWS_REPLICA_ENDPOINT: endpoint(1) },
    metrics,
  });
  const newReference = () =>
    credentialReference({
      ...{ store: 'ssm', partition: 'aws', region: 'us-east-1', accountId: home!.accountId, environment: 'test' },
      ...{ orgId: ORG, endpointId: `e-${crypto.randomUUID()}`, portalAccountId: 'a' },
    });
  const counted = async () => Object.fromEntries((await metrics.values()).map(({ name, value }) => [name, value]));
  const times = (...operations: string[]) => arrived.filter((each) => operations.includes(each)).length;
  /** Each quota, as it was counted here and as it arrived there. */
  const expectAllCounted = async () =>
    expect(await counted()).toMatchObject({
      rcm_ssm_reads_total: times(...READS),
      rcm_ssm_writes_total: times('PutParameter'),
      rcm_sts_calls_total: times('AssumeRole'),
    });

  it('are counted as they arrive in the first region, every repeat with them, and those of the second are not', async () => {
    const { stores } = createReplicatedStores({ ...options('rotator'), onBehind: undefined });
    const readers = createReplicatedReaders({ ...options('agent'), onTurn: () => undefined });
    // Each operation is throttled once, so each is sent again by the SDK, or by the store that looks what became of it.
    home!.setFaults([...READS.map((each) => `ssm:${each}`), 'ssm:PutParameter', 'sts'].map((match) => ({ match, kind: 'throttle', count: 1 })));
    const store = stores.forTenant(ORG);
    const { reference, version } = await store.create(newReference(), payloadText('old'), TAGS);
    const slot = { ...newSlot(reference), tags: TAGS };
    await store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
    await store.rehearse(slot, version);
    await store.promote(slot, version);
    expect(await store.listStaged(reference)).toEqual([slot.attemptId]);
    await store.discard(slot);
    // An agent is tried once: the manager above repeats what fails.
    const reader = readers.forTenant(ORG);
    expect(await codeOf(reader.readMany([reference]))).toBe('store_throttled');
    expect((await reader.readMany([reference])).size).toBe(1);
    expect(passwordOf(await reader.read(reference))).toBe('new');

    await expectAllCounted();
    for (const operation of [...READS, 'PutParameter', 'AssumeRole']) expect([operation, times(operation) > 1]).toEqual([operation, true]);
    // The second account knows nobody of the first, so its STS refuses, and is asked nevertheless.
    expect(abroad).toContain('AssumeRole');
    await Promise.all([stores.close(), readers.close()]);
  });

  it('are counted where no answer comes; what got no session has not left the process', async () => {
    const { stores } = createReplicatedStores({ ...options('rotator'), replica: {}, onBehind: undefined });
    const store = stores.forTenant(ORG);
    home!.setFaults({ match: 'sts', kind: 'down' });
    expect(await codeOf(store.read(newReference()))).toBe('store_unavailable');
    expect([times('AssumeRole') > 1, times(...READS)]).toEqual([true, 0]);
    await expectAllCounted();
    home!.setFaults({ match: 'ssm', kind: 'down' });
    expect(await codeOf(store.read(newReference()))).toBe('store_unavailable');
    expect(times(...READS)).toBe(4);
    await expectAllCounted();
    await stores.close();
  });
});
