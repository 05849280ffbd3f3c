import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { formatReference, parseReference } from '../reference.ts';
import { codeOf, newReference, payloadText, tags } from './contract/store-under-test.fixture.ts';
import { createSecretsManagerStore } from './secrets-manager.ts';
import { createSsmStore } from './ssm.ts';
import type { SsmAccess } from './ssm-calls.ts';
import type { SecretsManagerAccess } from './secrets-manager-calls.ts';
import { createVaultStore } from './vault.ts';

/** What stands between us and a store may answer in its place: 200 without a word, or about something else. */
const aws = { region: 'us-east-1', endpoint: 'http://127.0.0.1:1', kmsKeyId: 'alias/rcm', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
type Instrument = NonNullable<SsmAccess['instrument']> & NonNullable<SecretsManagerAccess['instrument']>;
/** Answers every call of an SDK client with the next of these outputs. */
const answering = (...outputs: readonly object[]): Instrument => {
  const left = [...outputs];
  return (client: { middlewareStack: { add: unknown } }) => {
    const stack = client.middlewareStack as { add(middleware: () => () => Promise<object>, options: object): void };
    stack.add(() => () => Promise.resolve({ output: { $metadata: {}, ...(left.shift() ?? {}) }, response: {} }), { step: 'initialize', priority: 'high' });
  };
};

const addressOf = (input: string | URL | Request): string => (input instanceof Request ? input.url : String(input));

describe('a write that was answered without a version is not taken for done', () => {
  const [ssm, vault] = [newReference({ kind: 'ssm' }), newReference({ kind: 'vault' })];

  it('by SSM', async () => {
    const current = { Parameter: { Value: '{"username":"u","password":"old"}', Version: 1 } };
    const clock = { now: () => new Date(0), elapsed: () => 0, sleep: () => Promise.resolve() };
    const store = createSsmStore({ ...aws, clock, instrument: answering({}, ...Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? current : {}))) });
    expect(await codeOf(store.create(ssm, payloadText('new'), tags))).toBe('store_unavailable');
    expect(await codeOf(store.replace(ssm, payloadText('new'), '1'))).toBe('store_unavailable');
  });

  it.each([200, 204])('by Vault, status %d', async (status) => {
    const fetch = (input: string | URL | Request): Promise<Response> => {
      const isLogin = addressOf(input).endsWith('/login');
      const login = { auth: { client_token: 't', lease_duration: 60, renewable: true } };
      return Promise.resolve(new Response(isLogin ? JSON.stringify(login) : status === 200 ? '{}' : null, { status: isLogin ? 200 : status }));
    };
    const appRole = () => Promise.resolve({ roleId: 'r', secretId: new Secret('s') });
    const store = createVaultStore({ address: 'http://127.0.0.1:1', mount: 'kv', maxAttempts: 1, fetch, appRole });
    expect(await codeOf(store.create(vault, payloadText('new'), tags))).toBe('store_unavailable');
  });
});

describe.each(['', '{}', '{"data":null}', 'null', '[]', '"no"', '{"errors":{}}'])('the body %o, of somebody in Vault’s place', (body) => {
  const answered = (status: number) => {
    const login = JSON.stringify({ auth: { client_token: 't', lease_duration: 60, renewable: true } });
    const fetch = (input: string | URL | Request): Promise<Response> =>
      Promise.resolve(addressOf(input).endsWith('/login') ? new Response(login) : new Response(body, { status }));
    const appRole = () => Promise.resolve({ roleId: 'r', secretId: new Secret('s') });
    return createVaultStore({ address: 'http://127.0.0.1:1', mount: 'kv', maxAttempts: 1, fetch, appRole });
  };

  it.each([200, 404])('says neither that there is no such secret nor that it is another one (%d)', async (status) => {
    expect(await codeOf(answered(status).read(newReference({ kind: 'vault' })))).toBe('store_unavailable');
  });

  it.each([200, 404])('says not that there are no copies (%d)', async (status) => {
    expect(await codeOf(answered(status).listStaged(newReference({ kind: 'vault' })))).toBe('store_unavailable');
  });
});

it('an answer that never ends is not held in memory', async () => {
  let sent = 0;
  const endless = (): ReadableStream =>
    new ReadableStream({
      pull(controller) {
        // One that is read to its end would fill the machine; here it ends the test.
        if ((sent += 65_536) > 67_108_864) controller.error(new Error('64 MiB of it were taken'));
        else controller.enqueue(new Uint8Array(65_536));
      },
    });
  const appRole = () => Promise.resolve({ roleId: 'r', secretId: new Secret('s') });
  const fetch = (): Promise<Response> => Promise.resolve(new Response(endless()));
  const store = createVaultStore({ address: 'http://127.0.0.1:1', mount: 'kv', maxAttempts: 1, fetch, appRole });
  expect(await codeOf(store.read(newReference({ kind: 'vault' })))).toBe('store_unavailable');
});

it('the ARN of another organization’s secret is not adopted, whether it was created or found', async () => {
  const wanted = newReference({ kind: 'secrets-manager' });
  const own = formatReference({ ...wanted, suffix: 'AbCdEf' } as typeof wanted);
  const another = own.replace('hospital-a', 'hospital-b');
  const found = (ARN: string) => ({ ARN, SecretString: '{"username":"u","password":"p"}', VersionId: 'v', VersionStages: ['AWSCURRENT'] });
  const store = createSecretsManagerStore({ ...aws, instrument: answering(found(another), { ARN: another, VersionId: 'v' }, found(own)) });
  expect(await codeOf(store.read(wanted))).toBe('reference_not_yours');
  expect(await codeOf(store.create(wanted, payloadText('new'), tags))).toBe('reference_not_yours');
  expect((await store.read(wanted))?.reference).toEqual(parseReference(own));
});
