import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOptions } from './aws-client.ts';
import { readForeignSecrets } from './foreign-secrets.ts';
import { openTestAws, type TestAws } from './test-aws.fixture.ts';

const NEVER = new AbortController().signal;
/** Of its own in a container that others use too. */
const PREFIX = `payers-${crypto.randomUUID()}/`;
let aws: TestAws;
let client: SecretsManagerClient;
const keep = (name: string, value: object = { SecretString: `value of ${name}` }) => client.send(new CreateSecretCommand({ Name: name, ...value }));
const read = async (prefix: string) => {
  const found = await readForeignSecrets(aws.access, { prefix, signal: NEVER });
  return found.map(({ name, text }) => [name.slice(PREFIX.length), text?.reveal().replace(PREFIX, '') ?? null]);
};

beforeAll(async () => {
  aws = await openTestAws();
  client = new SecretsManagerClient(clientOptions(aws.access));
});
afterAll(async () => {
  client?.destroy();
  await aws?.close();
});

test('whatever is kept under names that begin so is read, over all pages, and nothing else', async () => {
  const names = Array.from({ length: 103 }, (_, i) => `alpine/${String(i).padStart(3, '0')}`);
  for (const name of names) await keep(`${PREFIX}${name}`);
  await keep(`${PREFIX}Alpine/another`);
  await keep(`${PREFIX}birch/one`);
  expect(await read(`${PREFIX}alpine/`)).toEqual(names.map((name) => [name, `value of ${name}`]));
  expect(await read(`${PREFIX}nothing/`)).toEqual([]);
});

test('one that is no text has none, and one that was deleted is not there', async () => {
  await keep(`${PREFIX}odd/binary`, { SecretBinary: Buffer.from('x') });
  await keep(`${PREFIX}odd/gone`);
  await client.send(new DeleteSecretCommand({ SecretId: `${PREFIX}odd/gone` }));
  expect(await read(`${PREFIX}odd/`)).toEqual([['odd/binary', null]]);
});

test.each(['', ' ', 'a b', '*', 'x'.repeat(513)])('%j is no beginning of a name', async (prefix) => {
  await expect(read(prefix)).rejects.toMatchObject({ code: 'input_invalid' });
});

test('a store that is down, and a person who stops, are said as of any store', async () => {
  const stopped = AbortSignal.abort();
  await expect(readForeignSecrets(aws.access, { prefix: PREFIX, signal: stopped })).rejects.toMatchObject({ code: 'cancelled' });
  const nowhere = { ...aws.access, endpoint: 'http://127.0.0.1:1', maxAttempts: 1 };
  await expect(readForeignSecrets(nowhere, { prefix: PREFIX, signal: NEVER })).rejects.toMatchObject({ code: 'store_unavailable' });
});
