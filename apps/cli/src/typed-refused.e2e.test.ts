import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPerson, type Person } from './person.fixture.ts';

let person: Person;
beforeAll(async () => void (person = await openPerson({ endpoints: [], portalType: { propagationDelayMs: 200 } })));
afterAll(() => person?.close());

async function rcm(words: readonly string[], typed = '') {
  const child = spawn(process.execPath, ['--disable-sigusr1', fileURLToPath(new URL('main.ts', import.meta.url)), ...words, '--json'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...person.environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined).end(typed);
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number | null]>]);
  return { code, answer: JSON.parse(said.split('\n')[0] || '{}') as Record<string, unknown> };
}
const WHY = ['--reason', 'a test'];
const LOGIN = 'clinic-alpine-one';

it('a login whose stored password the portal accepts stays as it was where somebody mistypes another one, and nobody is told', async () => {
  const { portals } = person.testEnvironment;
  await rcm(['org', 'add', 'clinic', '--name', 'Clinic', ...WHY]);
  const { hosts } = (await rcm(['portal-type', 'show', 'alpine'])).answer.portalType as { readonly hosts: readonly string[] };
  await portals.createAccount({ portal: 'alpine', username: 'one', password: 'First-Password-11' });
  const csv = join(person.folder, 'logins.csv');
  writeFileSync(csv, `organization,portal_type,account,base_url,username,password\nclinic,alpine,one,http://${hosts[0]}/,one,First-Password-11\n`, {
    mode: 0o600,
  });
  expect(await rcm(['endpoint', 'add', '--csv', csv, ...WHY])).toMatchObject({ code: 0 });
  expect(await rcm(['login', 'set', LOGIN, ...WHY], 'Mistyped-Password-99\n')).toMatchObject({ code: 1, answer: { error: { code: 'login_rejected' } } });
  expect(await rcm(['login', 'show', LOGIN])).toMatchObject({ answer: { logins: [{ standing: 'ok', notices: [] }] } });
  expect(await rcm(['logins', '--failing'])).toMatchObject({ code: 0, answer: { logins: [] } });
});
