import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePayload, parseReference } from '@rcm/credentials';
import { decideAct } from '@rcm/db/acts';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPerson, type Person } from './person.fixture.ts';

/** What docs/retiring.md has two people do instead of a move: its five steps, on one login. */
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const PAGE = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'retiring.md'), 'utf8');
const WHOLE_MS = 900_000;

let person: Person;
let given: string;
beforeAll(async () => {
  person = await openPerson({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  ({ id: given } = await person.testEnvironment.addEndpoint('alpine'));
});
afterAll(() => person?.close());

const environment = () => ({ PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...person.environment });

async function rcm(words: readonly string[], stdin = '') {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, ...words, '--json'], { env: environment(), stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: stdout + stderr, answer: JSON.parse(stdout.split('\n')[0] || '{}') as Record<string, unknown> };
}

/** At a terminal of its own (util-linux's `script` makes it), which is left once it has shown what it has to show. */
async function atTerminal(words: readonly string[], ends: string): Promise<{ readonly code: number | null; readonly screen: string }> {
  const command = [process.execPath, '--disable-sigusr1', MAIN, ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env: { ...environment(), SHELL: '/bin/sh', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const shown = screen.includes(ends);
    screen += chunk.toString();
    if (!shown && screen.includes(ends)) child.stdin.write('\n');
  });
  child.stdin.on('error', () => undefined);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, screen };
}

async function passwordAt(orgId: string, secretArn: string): Promise<string> {
  const current = await person.testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return parsePayload(current.text).reveal().password;
}

async function rowOf(id: string): Promise<{ readonly secret_arn: string | null; readonly retired: boolean } | undefined> {
  const rows = await person.testEnvironment.db.transaction(
    'every tenant',
    (tx) =>
      tx.$queryRaw<
        { secret_arn: string | null; retired: boolean }[]
      >`SELECT secret_arn, retired_at IS NOT NULL AS retired FROM integration_endpoint WHERE id = ${id}`,
  );
  return rows[0];
}

it(
  'brings a login to another organization by five steps of two people, after which what lies at the first opens nothing',
  async () => {
    const { testEnvironment } = person;
    const { orgId, portal, username, secretArn } = testEnvironment.endpoint(given);
    const opens = (password: string) => testEnvironment.portals.accepts({ portal, username, password });
    const why = ['--reason', 'moved to the clinic, ticket 4713'];
    for (const step of ['break-glass request', 'break-glass read', 'endpoint add', 'endpoint retire', 'login rotate']) expect(PAGE).toContain(`\nrcm ${step} `);
    expect(await rcm(['org', 'add', 'clinic', '--name', 'Clinic', ...why])).toMatchObject({ code: 0 });
    const before = await passwordAt(orgId, secretArn);

    // Whoever runs this is one person; the other one says yes where they are.
    const asked = await rcm(['break-glass', 'request', given, '--minutes', '30', ...why]);
    expect(asked, asked.said).toMatchObject({ code: 0 });
    const request = String(asked.answer.request);
    expect((await rcm(['break-glass', 'approve', request, ...why])).code).toBe(1);
    const [{ actor: me } = { actor: '' }] = (await rcm(['break-glass', 'list'])).answer.requests as { actor: string }[];
    await decideAct(testEnvironment.db, { id: request, orgId, decision: 'approved', actor: `${me}-john`, reason: 'spoke to her' });

    const { code, screen } = await atTerminal(['break-glass', 'read', request], 'Enter ends it');
    expect([code, screen.includes(before)], screen.replaceAll(before, '…')).toEqual([0, true]);

    const base = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ base_url: string }[]>`SELECT base_url FROM integration_endpoint WHERE id = ${given}`,
    );
    const added = await rcm(
      ['endpoint', 'add', '--org', 'clinic', '--portal', portal, '--account', 'main', '--base-url', base[0]?.base_url ?? '', ...why],
      JSON.stringify({ username, password: before }),
    );
    expect(added, added.said).toMatchObject({ code: 0, answer: { endpoints: [{ id: `clinic-${portal}-main`, outcome: 'proved' }] } });
    const taken = `clinic-${portal}-main`;
    // Left half-way: nobody rotates an account that two organizations have.
    expect((await rcm(['login', 'rotate', taken, '--dry-run'])).answer).toMatchObject({ wouldStart: false });
    expect(await opens(before)).toBe(true);

    expect(await rcm(['endpoint', 'retire', given, ...why])).toMatchObject({ code: 0 });
    expect(await rowOf(given)).toEqual({ secret_arn: null, retired: true });
    const rotated = await rcm(['login', 'rotate', taken, ...why]);
    expect(rotated, rotated.said).toMatchObject({ code: 0 });

    const after = await passwordAt('clinic', (await rowOf(taken))?.secret_arn ?? '');
    expect([after === before, await opens(after), await opens(before)]).toEqual([false, true, false]);
    // The old secret stays, and opens nothing.
    expect(await passwordAt(orgId, secretArn)).toBe(before);
    const told = async (org: string) => (await rcm(['audit', 'export', '--output', '-', '--org', org])).said;
    const [gave, took] = [await told(orgId), await told('clinic')];
    for (const event of ['secret.shown', 'endpoint.retired']) expect([event, gave.includes(event), took.includes(event)]).toEqual([event, true, false]);
    for (const event of ['endpoint.changed', 'rotation.']) expect([event, took.includes(event)]).toEqual([event, true]);
    for (const password of [before, after]) expect([gave.includes(password), took.includes(password)]).toEqual([false, false]);
  },
  WHOLE_MS,
);
