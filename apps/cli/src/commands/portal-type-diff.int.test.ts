import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { readRecipeFile } from '@rcm/portal-drivers';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

let folder: string;
let drop: () => Promise<void>;
let environment: NodeJS.ProcessEnv;
let url: string;
let recipe: Record<string, unknown>;
beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop, url } = fresh);
  folder = mkdtempSync(join(tmpdir(), 'rcm-diff-'));
  recipe = { ...(await readRecipeFile('alpine')) };
  expect((await rcm(['portal-type', 'save', file({}), '--reason', 'a new portal'], { RCM_OWNER_DATABASE_URL: fresh.url })).code).toBe(0);
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await drop?.();
});

function file(more: object, changed: object = recipe): string {
  writeFileSync(join(folder, 'alpine.yaml'), JSON.stringify(changed));
  const path = join(folder, 'portal-type.json');
  const rules = 'minlength: 10; required: upper; required: digit; allowed: lower; history: 5';
  const type = {
    code: 'alpine',
    name: 'Alpine Health',
    hosts: ['alpine.example'],
    recipe: 'alpine.yaml',
    passwordRules: rules,
    lockoutThreshold: 4,
    lockoutWindowSeconds: 900,
  };
  writeFileSync(path, JSON.stringify({ ...type, ...more }));
  return path;
}
const diffOf = async (path: string) => {
  const { code, stdout } = await rcm(['portal-type', 'diff', path, '--json'], environment);
  return { code, answer: JSON.parse(stdout) as { fields: { name: string }[]; recipe: string[]; isNew: boolean; stands: string } };
};

test('nothing, where the file is what is saved, in whatever order its names stand', async () => {
  const turned = Object.fromEntries(Object.entries(recipe).reverse());
  expect(await diffOf(file({}, turned))).toMatchObject({ code: 0, answer: { isNew: false, logins: 0, fields: [] } });
  expect((await rcm(['portal-type', 'diff', file({})], environment)).stdout).toBe('alpine  is saved as the file has it\n');
});

test('what it says of how it stands lets a file be saved, once', async () => {
  const path = file({ name: 'Alpine Health' });
  const { answer } = await diffOf(path);
  const saves = async () =>
    (await rcm(['portal-type', 'save', path, '--stands', answer.stands, '--reason', 'the same again'], { RCM_OWNER_DATABASE_URL: url })).code;
  expect([await saves(), await saves()]).toEqual([0, 1]);
  expect((await diffOf(path)).answer.stands).not.toBe(answer.stands);
  expect((await diffOf(file({ code: 'not-there' }))).answer.stands).toBe('none');
});

test('each field with what it is and would be, and the lines of the recipe that change', async () => {
  const { code, answer } = await diffOf(
    file({ lockoutThreshold: 5, hosts: ['alpine.example', 'www.alpine.example'] }, { ...recipe, step_deadline_ms: 20_000 }),
  );
  expect(code).toBe(1);
  expect(answer.fields).toEqual([
    { name: 'hosts', now: '["alpine.example"]', then: '["alpine.example","www.alpine.example"]' },
    { name: 'lockoutThreshold', now: '4', then: '5' },
  ]);
  expect(answer.recipe.filter((line) => line.startsWith('+'))).toEqual([expect.stringContaining('"step_deadline_ms": 20000')]);
  expect(answer.recipe.filter((line) => line.startsWith('-'))).toHaveLength(1);
  const { stdout } = await rcm(
    ['portal-type', 'diff', file({ lockoutThreshold: 5 }, { ...recipe, step_deadline_ms: 20_000 }), '--color', 'never'],
    environment,
  );
  expect(stdout).toContain('lockoutThreshold:\n- 4\n+ 5\n');
  expect(stdout).toMatch(/^\+ +"step_deadline_ms": 20000/m);
});

test('all of it, where the portal type is not there yet; and a file that cannot be used is refused', async () => {
  expect(await diffOf(file({ code: 'new-one' }))).toMatchObject({ code: 1, answer: { isNew: true } });
  expect((await diffOf(file({ passwordRules: 'minlength: 9; maxlength: 8' }))).code).toBe(2);
});
