import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asRoot, compileCache } from '@rcm/test-services';
import { type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notAsDocumented } from './json-page.fixture.ts';
import { openPerson, type Person } from './person.fixture.ts';

/** What a person with the README does: an organization, three logins from a CSV, a wrong one found, repaired, and who did what. */
let testEnvironment: TestEnvironment;
let folder: string;
let environment: Readonly<Record<string, string>>;
const PASSWORDS = { one: 'First-Password-11', two: 'Second-Password-22', three: 'Third-Password-33', typo: 'Mistyped-Password-99' };

let person: Person;
beforeAll(async () => {
  person = await openPerson({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  ({ testEnvironment, folder, environment } = person);
});
afterAll(() => person?.close());

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly answer: Record<string, unknown>;
}

async function rcm(words: readonly string[], stdin = ''): Promise<End> {
  const child = spawn(process.execPath, ['--disable-sigusr1', fileURLToPath(new URL('main.ts', import.meta.url)), ...words, '--json'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  for (const password of Object.values(PASSWORDS)) expect(stdout + stderr).not.toContain(password);
  const first = stdout.split('\n')[0] ?? '';
  const answer = first.startsWith('{') ? (JSON.parse(first) as Record<string, unknown>) : {};
  // Events on stdout are a file of their own kind.
  if (first.startsWith('{') && !words.includes('--output')) expect([words, notAsDocumented(words, answer)]).toEqual([words, []]);
  return { code, stdout, stderr, answer };
}
const why = ['--reason', 'a new customer, ticket 4711', '--actor', 'jane'];

/** Every row of every table, as a dump would have it. */
async function everything(): Promise<string> {
  const tables = await testEnvironment.db.transaction('every tenant', (tx) =>
    tx.$queryRawUnsafe<{ name: string }[]>(`SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`),
  );
  const texts = [];
  for (const { name } of tables)
    texts.push(await testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe(`SELECT t::text AS row FROM ${name} t`)));
  return JSON.stringify(texts);
}

it('an organization and its logins come in without a password in Postgres; a wrong one is found, repaired, and it is known who did it', async () => {
  expect(await rcm(['org', 'add', 'clinic', '--name', 'Clinic', ...why])).toMatchObject({ code: 0, answer: { version: 1, organization: 'clinic' } });
  const type = (await rcm(['portal-type', 'show', 'alpine'])).answer.portalType as { hosts: string[] };
  const url = `http://${type.hosts[0]}/`;
  for (const [user, password] of [
    ['one', PASSWORDS.one],
    ['two', PASSWORDS.two],
    ['three', PASSWORDS.three],
  ] as const)
    await testEnvironment.portals.createAccount({ portal: 'alpine', username: user, password });
  const csv = join(folder, 'logins.csv');
  const row = (account: string, password: string) => `clinic,alpine,${account},${url},${account},${password}`;
  writeFileSync(
    csv,
    ['organization,portal_type,account,base_url,username,password', row('one', PASSWORDS.one), row('two', PASSWORDS.typo), row('three', PASSWORDS.three)].join(
      '\n',
    ),
    { mode: 0o600 },
  );

  const dry = await rcm(['endpoint', 'add', '--csv', csv, '--dry-run', ...why]);
  expect(dry).toMatchObject({ code: 0, answer: { mode: 'dry run', wrong: 0 } });
  expect((await rcm(['logins', '--org', 'clinic'])).answer.logins).toEqual([]);

  const added = await rcm(['endpoint', 'add', '--csv', csv, ...why]);
  expect(added.answer, added.stderr).toMatchObject({
    mode: 'done',
    wrong: 1,
    endpoints: [
      { id: 'clinic-alpine-one', outcome: 'proved' },
      { id: 'clinic-alpine-two', outcome: 'refused' },
      { id: 'clinic-alpine-three', outcome: 'proved' },
    ],
  });
  expect(added.code).toBe(1);

  expect(await rcm(['logins', '--failing'])).toMatchObject({ code: 1, answer: { unhealthy: 1, logins: [{ id: 'clinic-alpine-two', standing: 'failing' }] } });
  expect(await rcm(['login', 'set', 'clinic-alpine-two', ...why], `${PASSWORDS.two}\n`)).toMatchObject({ code: 0 });
  expect(await rcm(['logins', '--failing'])).toMatchObject({ code: 0, answer: { logins: [] } });
  expect(await rcm(['login', 'verify', 'clinic-alpine-two', ...why])).toMatchObject({ code: 0 });

  const history = (await rcm(['login', 'history', 'clinic-alpine-two'])).answer.entries as { source: string; what: string; by: string | null }[];
  expect(history.map(({ source, what }) => `${source} ${what}`)).toEqual(
    expect.arrayContaining(['act endpoint.changed', 'act credential.create', 'act login.verify', 'login rejected', 'act secret.set', 'login accepted']),
  );
  for (const { by } of history.filter(({ source }) => source === 'act')) expect(by).toMatch(/^person:.* says jane$/);
  const trail = await rcm(['audit', 'export', '--output', '-', '--org', 'clinic']);
  expect(trail.stdout).toContain('organization.added');
  expect(trail.stdout).toContain('secret.set');

  // Once more: what is there stays as it is, and no login is spent.
  expect(await rcm(['endpoint', 'add', '--csv', csv, ...why])).toMatchObject({
    code: 0,
    answer: { wrong: 0, endpoints: [{ outcome: 'already' }, { outcome: 'already' }, { outcome: 'already' }] },
  });
  const seen = await everything();
  expect(seen).toContain('clinic-alpine-two');
  for (const password of Object.values(PASSWORDS)) expect(seen).not.toContain(password);
});

it('one login comes from stdin; a payload, a portal type or an organization that is none is refused before anything is done', async () => {
  const type = (await rcm(['portal-type', 'show', 'alpine'])).answer.portalType as { hosts: string[] };
  const place = ['endpoint', 'add', '--org', testEnvironment.orgId, '--base-url', `http://${type.hosts[0]}/`, ...why];
  await testEnvironment.portals.createAccount({ portal: 'alpine', username: 'four', password: PASSWORDS.one });
  const payload = JSON.stringify({ username: 'four', password: PASSWORDS.one });
  expect(await rcm([...place, '--portal', 'alpine', '--account', 'four', '--unproved'], payload)).toMatchObject({
    code: 0,
    answer: { endpoints: [{ outcome: 'stored' }] },
  });
  // Names of two logins may come to one id: the second is no more the first than its password is.
  const taken = [...place, '--portal', 'alpine', '--account', 'five', '--id', `${testEnvironment.orgId}-alpine-four`, '--unproved'];
  expect(await rcm(taken, JSON.stringify({ username: 'five', password: PASSWORDS.one }))).toMatchObject({
    code: 1,
    answer: { mode: 'refused', endpoints: [{ outcome: 'invalid', problem: expect.stringMatching(/another login’s already, .*account four/) as string }] },
  });
  for (const [words, stdin] of [
    [[...place, '--portal', 'none', '--account', 'five'], payload],
    [[...place, '--portal', 'alpine', '--account', 'five'], '{"username": "five"}'],
  ] as const)
    expect(await rcm(words, stdin)).toMatchObject({ code: 1, answer: { mode: 'refused', endpoints: [{ outcome: 'invalid' }] } });
  // A word that is none of its kind is a wrong call, before the database is asked for anything.
  expect(await rcm([...place, '--portal', 'alpine', '--account', 'No Id'], payload)).toMatchObject({
    code: 2,
    answer: { error: { code: 'input_invalid', message: expect.stringMatching(/^--account must .*Nothing was done/) as string } },
  });
  expect((await rcm(['endpoint', 'add', '--org', 'x', ...why.slice(2)], payload)).code).toBe(2);
});

it('said once more, the same call goes on: what nobody has tried is proved, and what the portal refused is refused without a login', async () => {
  const type = (await rcm(['portal-type', 'show', 'alpine'])).answer.portalType as { hosts: string[] };
  const { orgId, portals } = testEnvironment;
  const place = ['endpoint', 'add', '--org', orgId, '--portal', 'alpine', '--base-url', `http://${type.hosts[0]}/`, ...why];
  const add = async (username: string, password: string, ...words: string[]) => {
    const { code, answer } = await rcm([...place, '--account', username, ...words], JSON.stringify({ username, password }));
    return [code, (answer.endpoints as { outcome: string }[])[0]?.outcome];
  };
  const triesOf = async (username: string) => (await portals.history({ portal: 'alpine', username })).tries.map(({ ended }) => ended);
  for (const username of ['seven', 'eight']) await portals.createAccount({ portal: 'alpine', username, password: PASSWORDS.one });

  expect(await add('seven', PASSWORDS.typo)).toEqual([1, 'refused']);
  expect(await add('seven', PASSWORDS.typo)).toEqual([1, 'refused']);
  // Nor once it does not cool down any more.
  await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE login_attempt SET rests_until = now() WHERE rests_until IS NOT NULL`);
  expect(await add('seven', PASSWORDS.typo)).toEqual([1, 'refused']);
  expect(await triesOf('seven')).toEqual(['wrong']);

  // As a process leaves it that dies between the store and the portal.
  expect(await add('eight', PASSWORDS.one, '--unproved')).toEqual([0, 'stored']);
  expect(await add('eight', PASSWORDS.one, '--unproved')).toEqual([0, 'already']);
  expect(await triesOf('eight')).toEqual([]);
  expect(await add('eight', PASSWORDS.one)).toEqual([0, 'proved']);
  expect(await add('eight', PASSWORDS.one)).toEqual([0, 'already']);
  expect(await triesOf('eight')).toEqual(['accepted']);
});

it('an organization leaves and comes back: nothing uses its login meanwhile, its secret stays as it was, and nothing is forgotten', async () => {
  expect(await rcm(['org', 'add', 'leaving', '--name', 'Leaving', ...why])).toMatchObject({ code: 0 });
  const type = (await rcm(['portal-type', 'show', 'alpine'])).answer.portalType as { hosts: string[] };
  await testEnvironment.portals.createAccount({ portal: 'alpine', username: 'six', password: PASSWORDS.one });
  const [id, payload] = ['leaving-alpine-six', JSON.stringify({ username: 'six', password: PASSWORDS.one })];
  const add = ['endpoint', 'add', '--org', 'leaving', '--portal', 'alpine', '--account', 'six', '--base-url', `http://${type.hosts[0]}/`, ...why];
  expect(await rcm(add, payload)).toMatchObject({ code: 0, answer: { endpoints: [{ id, outcome: 'proved' }] } });
  const before = (await rcm(['login', 'show', id])).answer.logins as { secret: { reference: string } }[];
  const logins = () =>
    testEnvironment.portals.history({ portal: 'alpine', username: 'six' }).then(({ loginsAccepted, loginsRejected }) => loginsAccepted + loginsRejected);
  const made = await logins();

  expect(await rcm(['org', 'retire', 'leaving', '--dry-run', ...why])).toMatchObject({ code: 0, answer: { endpoints: [{ id, outcome: 'would_retire' }] } });
  expect(await rcm(['org', 'retire', 'leaving', ...why])).toMatchObject({ code: 0, answer: { endpoints: [{ id, outcome: 'retired' }], left: 0 } });
  expect((await rcm(['logins', '--org', 'leaving'])).answer.logins).toEqual([]);
  expect(await rcm(['login', 'verify', id, ...why])).toMatchObject({ code: 1, answer: { error: { code: 'endpoint_retired' } } });
  expect(await rcm(['login', 'rotate', id, ...why])).toMatchObject({ code: 1 });
  expect(await rcm(add, payload)).toMatchObject({ code: 1, answer: { endpoints: [{ problem: expect.stringContaining('endpoint_retired') as string }] } });
  expect(await rcm(['endpoint', 'retired', '--org', 'leaving', '--keep', '0d'])).toMatchObject({
    code: 1,
    answer: {
      overdue: 1,
      endpoints: [{ id, secret: before[0]?.secret.reference, removal: expect.stringMatching(/aws (ssm|secretsmanager) delete-/) as string }],
    },
  });
  expect((await rcm(['endpoint', 'retired', '--org', 'leaving'])).answer.endpoints).toMatchObject([{ removal: null }]);
  expect(await logins()).toBe(made);

  expect(await rcm(['endpoint', 'reinstate', id, ...why])).toMatchObject({ code: 0, answer: { reinstated: true } });
  expect(await rcm(['endpoint', 'reinstate', id, ...why])).toMatchObject({ code: 0, answer: { reinstated: false } });
  expect(await rcm(['login', 'verify', id, ...why])).toMatchObject({ code: 0 });
  expect((await rcm(['login', 'show', id])).answer.logins).toMatchObject([{ standing: 'ok', secret: before[0]?.secret }]);
  expect(await logins()).toBe(made + 1);
  const trail = (await rcm(['audit', 'list', '--org', 'leaving', '--limit', '50'])).answer.events as { action: string }[];
  expect(trail.map(({ action }) => action)).toEqual(expect.arrayContaining(['endpoint.retired', 'endpoint.reinstated']));
});
