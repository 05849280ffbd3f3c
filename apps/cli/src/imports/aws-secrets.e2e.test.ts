import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPerson, type Person } from '../person.fixture.ts';

const TIMEOUT_MS = 1_800_000;
const PASSWORD = 'Kept-Elsewhere-11';
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
let person: Person;
let client: SecretsManagerClient;
beforeAll(async () => {
  person = await openPerson({ endpoints: [] });
  const { endpoint, region, credentials } = person.testEnvironment.aws;
  client = new SecretsManagerClient({ endpoint, region, credentials });
  const { accessKeyId, secretAccessKey } = credentials;
  appendFileSync(
    person.environment.AWS_SHARED_CREDENTIALS_FILE ?? '',
    `\n[payers]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  );
}, TIMEOUT_MS);
afterAll(async () => {
  client?.destroy();
  await person?.close();
});

async function rcm(...words: readonly string[]) {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, ...words], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...person.environment, AWS_PROFILE: 'payers' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(output).not.toContain(PASSWORD);
  return { code, output };
}

it(
  'a login goes from another program’s secret to the platform’s store, proved, and the secret there stays as it is',
  async () => {
    await person.testEnvironment.portals.createAccount({ portal: 'alpine', username: 'desk', password: PASSWORD });
    const value = JSON.stringify({ user: 'desk', pass: PASSWORD });
    await client.send(new CreateSecretCommand({ Name: 'payers/alpine/front-desk', SecretString: value }));
    const { output: shown } = await rcm('portal-type', 'show', 'alpine', '--json');
    const { hosts } = (JSON.parse(shown) as { portalType: { hosts: readonly string[] } }).portalType;
    const mapping = join(person.folder, 'mapping.json');
    const rule = { address: 'portal.alpine.example', portal_type: 'alpine', base_url: `http://${hosts[0]}/` };
    const secrets = { username: 'user', password: 'pass', addresses: { 'payers/alpine/': 'portal.alpine.example' } };
    writeFileSync(mapping, JSON.stringify({ portals: [rule], organizations: { '*': person.testEnvironment.orgId }, secrets }));
    const add = ['endpoint', 'add', '--from', 'secrets-manager', '--prefix', 'payers/', '--mapping', mapping, '--reason', 'a move'];
    const id = `${person.testEnvironment.orgId}-alpine-front-desk`;
    expect(await rcm(...add, '--dry-run')).toMatchObject({ code: 0, output: expect.stringMatching(new RegExp(`${id} +valid`)) as string });
    expect(await rcm(...add)).toMatchObject({ code: 0, output: expect.stringMatching(new RegExp(`${id} +proved`)) as string });
    const there = await client.send(new GetSecretValueCommand({ SecretId: 'payers/alpine/front-desk' }));
    expect([there.SecretString, there.VersionStages]).toEqual([value, ['AWSCURRENT']]);
    const texts = await person.testEnvironment.db.transaction('every tenant', (tx) =>
      tx.$queryRawUnsafe<{ text: string }[]>(`SELECT e::text AS text FROM integration_endpoint e UNION ALL SELECT a::text FROM audit_event a`),
    );
    expect(JSON.stringify(texts)).toContain(id);
    expect(JSON.stringify(texts)).not.toContain(PASSWORD);
    for (const [words, said] of [
      [[...add, '--file', mapping], /nothing else/],
      [add.filter((word) => !['--prefix', 'payers/'].includes(word)), /--prefix/],
      [add.map((word) => (word === 'payers/' ? 'a b' : word)), /--prefix/],
    ] as const)
      expect(await rcm(...words)).toMatchObject({ code: 2, output: expect.stringMatching(said) as string });
  },
  TIMEOUT_MS,
);
