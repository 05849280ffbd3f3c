import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPerson, type Person } from './person.fixture.ts';
import { rcm } from './testing.fixture.ts';

const LONG_MS = 600_000;

let person: Person;
beforeAll(async () => {
  person = await openPerson({ endpoints: [] });
  await person.testEnvironment.addEndpoint('alpine', 'vault');
}, LONG_MS);
afterAll(() => person?.close());

async function store(over: Readonly<Record<string, string>> = {}) {
  const { stdout } = await rcm(['doctor', '--json'], { ...person.environment, ...over });
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly { readonly check: string; readonly says: string; readonly todo: string | null }[] };
  return checks.find(({ check }) => check === 'store');
}

it('a secret id that Vault takes no more is said to be one, and nobody is sent to a key of AWS', { timeout: LONG_MS }, async () => {
  expect(await store()).toMatchObject({ todo: null });
  const { vault, orgId } = person.testEnvironment;
  const file = join(vault.folderOf('rotator'), orgId, 'secret-id');
  const before = readFileSync(file);
  writeFileSync(file, 'of-nobody-any-more', { mode: 0o600 });
  const found = await store();
  expect(found?.says).toMatch(/AppRole.*secret id/);
  expect(found?.todo).toMatch(/rcm policies vault/);
  expect(found?.todo).not.toMatch(/aws|stack-changed/);
  writeFileSync(file, before, { mode: 0o600 });
  expect(await store()).toMatchObject({ todo: null });
});

it('a Vault that is sealed is said to be, and leads to what to do', { timeout: LONG_MS }, async () => {
  const sealed = createServer((_, response) => void response.writeHead(503, { 'content-type': 'application/json' }).end('{"errors":["Vault is sealed"]}'));
  await new Promise<void>((resolve) => sealed.listen(0, '127.0.0.1', resolve));
  try {
    const found = await store({ RCM_VAULT_ADDRESS: `http://127.0.0.1:${(sealed.address() as AddressInfo).port}` });
    expect(found).toMatchObject({ says: expect.stringMatching(/sealed.*unseal/), todo: expect.stringContaining('docs/runbooks/store-down.md') });
  } finally {
    sealed.close();
  }
});
