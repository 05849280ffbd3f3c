import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { lintRecipe } from './lint.ts';
import { upgradeRecipe } from './upgrade.ts';

const ROOT = new URL('../../../../', import.meta.url).pathname;
const FIRST = globSync(['libs/portal-drivers/recipes/*.yaml', 'libs/portal-drivers/src/corpus/recipes/*.yaml', 'tools/real-portals/portals/*/recipe.yaml'], {
  cwd: ROOT,
}).filter((path) => read(path).includes('version: 1'));

function read(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}

const upgraded = (text: string) => upgradeRecipe(text, { file: 'a' });

it.each(FIRST)('%s is rewritten, line for line, and has no problem', (path) => {
  const text = read(path);
  const now = upgraded(text)?.text ?? '';
  expect(lintRecipe(now, { file: path }).problems).toEqual([]);
  expect(now.split('\n').length).toBe(text.split('\n').length);
  const comments = (of: string) => of.split('\n').filter((line) => line.includes('#'));
  expect(comments(now).length).toBe(comments(text).length);
  expect(upgraded(now)).toBeNull();
});

it('has recipes of version 1 to try it with', () => {
  expect(FIRST.length).toBeGreaterThanOrEqual(9);
});

const RECIPE = `# A comment.
version: 1 # the first
name: sample
hosts: [login.example, 'cdn-two.example', 127.0.0.1:8443, login.other.example]
session: { logged_in: { url: /home/* }, logged_out: { any: [{ url: '*#/login' }, { text: 'url: /*' }] } }
login:
  outcomes:
    - { when: { response: { url: "/api/*/login*", status: 200 } }, is: accepted }   # by its answer
    - { when: { text: Wrong * }, is: rejected }
`;

it('touches the version, the hosts and the stars of patterns, and nothing else', () => {
  expect(upgraded(RECIPE)?.text).toBe(
    RECIPE.replace('version: 1', 'version: 2')
      .replace(
        "[login.example, 'cdn-two.example', 127.0.0.1:8443, login.other.example]",
        "{ login: { host: login.example, secrets: true }, cdn_two: { host: cdn-two.example, secrets: true }, host_3: { host: '127.0.0.1:8443', secrets: true }, login_4: { host: login.other.example, secrets: true } }",
      )
      .replace('/home/*', '/home/**')
      .replace("'*#/login'", "'**#/login'")
      .replace('/api/*/login*', '/api/**/login**'),
  );
});

it('tells what it has rewritten', () => {
  expect(upgraded(RECIPE)?.changes).toHaveLength(7);
  expect(upgraded(RECIPE)?.changes).toContain('session.logged_in.url: a star is anything, which is ** in version 2');
});

it('keeps a list of hosts below each other so', () => {
  const below = RECIPE.replace(/hosts: .*\n/, 'hosts:\n  - login.example\n  - cdn.example\n');
  expect(upgraded(below)?.text).toContain('hosts:\n  login: { host: login.example, secrets: true }\n  cdn: { host: cdn.example, secrets: true }\nsession:');
});

it.each([
  ['that has problems', RECIPE.replace('is: accepted', 'is: acepted'), /has 1 problems, the first at line 8/],
  ['whose pattern stands for another', RECIPE.replace("url: '*#/login'", 'url: *far').replace('url: /home/*', 'url: &far /home/*'), /write it out/],
])('leaves a recipe alone %s', (_what, text, message) => {
  expect(() => upgraded(text)).toThrow(expect.objectContaining({ code: 'recipe_invalid', message: expect.stringMatching(message) }));
});
