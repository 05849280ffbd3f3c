import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@rcm/db';
import { decidePortalChange } from '@rcm/db/acts';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { readRecipeFile } from '@rcm/portal-drivers';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

let folder: string;
let url: string;
let drop: () => Promise<void>;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop, url } = fresh);
  folder = mkdtempSync(join(tmpdir(), 'rcm-propose-'));
  writeFileSync(join(folder, 'alpine.yaml'), JSON.stringify(await readRecipeFile('alpine')));
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', url), RCM_OWNER_DATABASE_URL: url };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await drop?.();
});

const WHY = ['--reason', 'the payer has said so'];
function file(code: string, more: object = {}): string {
  const type = {
    ...{
      code,
      name: 'Alpine Health',
      hosts: ['alpine.example', { host: '10.20.0.5', address: 'private' }],
      recipe: 'alpine.yaml',
      passwordRules: 'minlength: 10; required: upper; required: digit',
    },
    ...{ lockoutThreshold: 4, lockoutWindowSeconds: 900, automation: 'allowed', termsVersion: 'T 1', termsDate: '2026-01-31', automationDecidedBy: 'Ms. Li' },
  };
  const path = join(folder, `${code}.json`);
  writeFileSync(path, JSON.stringify({ ...type, ...more }));
  return path;
}
const portalType = async (...words: string[]) => {
  const { code, stdout } = await rcm(['portal-type', ...words, '--json'], environment);
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
};
/** The program that saves writes to its own stdout; what came of it is in the exit code and the books. */
const saves = async (...words: string[]): Promise<number> => (await rcm(['portal-type', 'save', ...words], environment)).code;
/** Somebody who is not whoever runs commands here. */
async function approvedByJohn(id: string): Promise<void> {
  const db = openDatabase({ url: urlFor('rcm_operator', url), applicationName: 'john', role: 'rcm_operator', maxConnections: 1 });
  await decidePortalChange(db, { id, decision: 'approved', actor: 'person:os:john@desk', reason: 'read it' });
  await db.close();
}

test('one proposes, another approves, the owner saves it: as the file said, and once', async () => {
  const { code, answer } = await portalType('propose', file('by-two'), ...WHY);
  expect([code, answer]).toEqual([0, { version: 1, request: expect.any(String) as string, portalType: 'by-two', logins: 0 }]);
  const id = String(answer.request);
  expect(await saves('--request', id, ...WHY)).toBe(1);
  expect(await saves('--request', id, '--dry-run')).toBe(1);
  expect(await portalType('approve', id, ...WHY)).toMatchObject({ code: 1, answer: { error: { code: 'state_conflict' } } });
  expect(await portalType('proposed', id)).toMatchObject({ code: 0, answer: { state: 'undecided', isNew: true, reason: WHY[1] } });
  await approvedByJohn(id);
  expect(await saves('--request', id, '--dry-run')).toBe(0);
  expect(await portalType('proposed', id)).toMatchObject({ answer: { state: 'approved' } });
  expect(await saves('--request', id, ...WHY)).toBe(0);
  expect(await portalType('diff', file('by-two'))).toMatchObject({ code: 0 });
  expect(await portalType('proposed')).toMatchObject({ answer: { proposed: [{ request: id, state: 'saved', decidedBy: 'person:os:john@desk' }] } });
  expect(await saves('--request', id, ...WHY)).toBe(1);
  expect(await portalType('propose', file('by-two'), ...WHY)).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
});

test('whoever proposed it takes it back, and words say what it would change', async () => {
  const { answer } = await portalType('propose', file('taken-back'), ...WHY);
  const id = String(answer.request);
  const shown = await rcm(['portal-type', 'proposed', id, '--color', 'never'], environment);
  expect(shown.stdout).toContain('taken-back  is not there yet');
  expect(shown.stdout).toMatch(/^\+ +"/m);
  expect(await portalType('decline', id, ...WHY)).toMatchObject({ code: 0, answer: { decision: 'declined' } });
  expect((await rcm(['portal-type', 'proposed'], environment, 200)).stdout).toMatch(/taken-back +declined/);
});

test.each([
  ['a file that cannot be used', () => ['propose', file('bad', { passwordRules: 'minlength: 9; maxlength: 8' }), ...WHY]],
  ['no reason', () => ['propose', file('bad')]],
  ['no such request', () => ['approve', crypto.randomUUID(), ...WHY]],
])('%s is refused', async (_, words) => {
  expect(await portalType(...words())).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
});

test('save takes a file or a request: one of them', async () => {
  expect(await saves(...WHY)).toBe(2);
  expect(await saves(file('bad'), '--request', crypto.randomUUID(), ...WHY)).toBe(2);
});

test.each([
  ['that no file could be', `jsonb_set(document, '{recipe}', '{"login": "javascript:"}')`],
  // It would be 1, which whoever approves is not told.
  ['that leaves out what a file’s defaults fill in', `document - 'lockoutMargin'`],
])('what lies in the table is believed in nothing: a document %s is not saved', async (_, tampered) => {
  const { answer } = await portalType('propose', file('tampered', { lockoutMargin: 2 }), ...WHY);
  const id = String(answer.request);
  const owner = openDatabase({ url, applicationName: 'somebody', maxConnections: 1 });
  await owner.transaction('no tenant', (tx) => tx.$executeRawUnsafe(`UPDATE portal_type_change SET document = ${tampered} WHERE id = '${id}'::uuid`));
  await owner.close();
  await approvedByJohn(id);
  expect(await saves('--request', id, ...WHY)).not.toBe(0);
  expect(await portalType('show', 'tampered')).toMatchObject({ code: 2 });
});
