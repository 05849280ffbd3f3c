import { expect, test } from 'vitest';
import { everyCommand } from './every-command.fixture.ts';
import { documentedShapes, notAsDocumented } from './json-page.fixture.ts';

/** They print no object, as the page says. */
const NO_OBJECT = ['completion', 'break-glass read', 'audit heads run', 'policies aws', 'policies vault'];

test('docs/rcm-json.md has every command that prints an object, and no other', async () => {
  const commands = (await everyCommand()).map(({ words }) => words.join(' '));
  expect(commands).toEqual(expect.arrayContaining(NO_OBJECT));
  expect([...documentedShapes().keys()].sort()).toEqual(commands.filter((words) => !NO_OBJECT.includes(words)).sort());
}, 0);

test('a field that is not written down is found, and one that is missing', () => {
  const logins = { version: 1, logins: [], unhealthy: 0, next: null };
  expect(notAsDocumented(['logins', '--org', 'x'], logins)).toEqual([]);
  expect(notAsDocumented(['logins'], { ...logins, more: 1 })).toEqual(['more is not written down']);
  expect(notAsDocumented(['logins'], { version: 1, logins: [], unhealthy: 0 })).toEqual(['next is missing']);
  expect(notAsDocumented(['logins'], { ...logins, version: 2 })).toEqual(['version 2']);
});
