import { expect, test } from 'vitest';
import { fieldLines, nearChanges, portalTypeDiff } from './portal-type-diff.ts';

const recipe = (...steps: readonly string[]) => ({ login: steps });
const changed = (now: object | null, then: object) => portalTypeDiff(now as Record<string, unknown> | null, then as Record<string, unknown>);
const said = (now: object, then: object) =>
  changed({ recipe: now }, { recipe: then })
    .recipe.filter(({ change }) => change !== ' ')
    .map(({ change, line }) => `${change}${line.trim()}`);

test('what a document does not say is no change, nor is another order of names, nor a day for a moment', () => {
  expect(
    changed(
      { name: 'A', propagationDelayMs: 5, hosts: { a: 1, b: 2 }, termsDate: new Date('2026-01-02') },
      { hosts: { b: 2, a: 1 }, termsDate: '2026-01-02T00:00:00.000Z' },
    ).fields,
  ).toEqual([]);
  expect(changed({ name: 'A' }, { name: 'B' }).fields).toEqual([{ name: 'name', now: '"A"', then: '"B"' }]);
  expect(changed(null, { name: 'B', recipe: {} })).toEqual({ fields: [{ name: 'name', now: null, then: '"B"' }], recipe: [{ change: '+', line: '{}' }] });
});

test('how long a lock lasts is as long as the window where a document does not say it, and is shown so', () => {
  const lasts = { name: 'lockoutLastsSeconds', now: '3600', then: '900' };
  expect(changed({ lockoutWindowSeconds: 900, lockoutLastsSeconds: 3_600 }, { lockoutWindowSeconds: 900 }).fields).toEqual([lasts]);
  expect(changed({ lockoutWindowSeconds: 900, lockoutLastsSeconds: 900 }, { lockoutWindowSeconds: 900 }).fields).toEqual([]);
  expect(changed({ lockoutWindowSeconds: 900 }, { lockoutWindowSeconds: 900 }).fields).toEqual([]);
});

test('a field that is called like what every object has is one like any other', () => {
  const then = JSON.parse('{"constructor":1,"__proto__":{}}') as object;
  expect(changed({}, then).fields).toEqual([
    { name: '__proto__', now: 'null', then: '{}' },
    { name: 'constructor', now: 'null', then: '1' },
  ]);
});

test('a line that goes and one that comes, and nothing else', () => {
  expect(said(recipe('a', 'b', 'c'), recipe('a', 'x', 'c'))).toEqual(['-"b",', '+"x",']);
  expect(said(recipe('a'), recipe('a'))).toEqual([]);
  expect(said(recipe('a', 'b', 'c'), recipe('a', 'c'))).toEqual(['-"b",']);
});

test('of recipes that have nothing in common the one goes and the other comes, however long they are', () => {
  const long = (word: string) => recipe(...Array.from({ length: 20_000 }, (_, i) => `${word} ${i}`));
  const lines = said(long('a'), long('b'));
  expect([lines.length, lines[0], lines[20_000]]).toEqual([40_000, '-"a 0",', '+"b 0",']);
});

test('around a change some lines are shown, and a gap between', () => {
  const steps = Array.from({ length: 40 }, (_, i) => `s${i}`);
  const near = nearChanges(changed({ recipe: recipe(...steps) }, { recipe: recipe(...steps.map((step, i) => (i === 5 || i === 30 ? 'x' : step))) }).recipe);
  expect(near.filter((line) => line === null)).toHaveLength(2);
  expect(near).toHaveLength(2 * 8 + 2);
});

test('a list is a member a line, whatever a member is, and everything else is one', () => {
  const lines = (now: object | null, then: object) =>
    changed(now, then)
      .fields.flatMap(fieldLines)
      .map(({ change, line }) => `${change}${line}`);
  const own = { host: '10.20.0.5', address: 'private' };
  expect(lines({ hosts: ['a.example', own] }, { hosts: ['a.example', { ...own, host: '10.20.0.6' }, 'b.example'] })).toEqual([
    ...[' [', '   "a.example"', '-  {"address":"private","host":"10.20.0.5"}', '+  {"address":"private","host":"10.20.0.6"}', '+  "b.example"', ' ]'],
  ]);
  expect(lines(null, { hosts: ['a.example'], name: 'A' })).toEqual(['+[', '+  "a.example"', '+]', '+"A"']);
  expect(lines({ hosts: 'a' }, { hosts: ['a'] })).toEqual(['-"a"', '+[', '+  "a"', '+]']);
});

test('a character that could hide or turn something around is there by its number', () => {
  const [seen, unseen] = ['alpine.example', 'alp\u0456ne\u200b.\u202eexample\u009b\u3164'];
  const numbered = '"alp\\u0456ne\\u200b.\\u202eexample\\u009b\\u3164"';
  expect(changed({ hosts: [seen] }, { hosts: [unseen] }).fields).toEqual([{ name: 'hosts', now: `["${seen}"]`, then: `[${numbered}]` }]);
  expect(said(recipe(seen), recipe(unseen))).toEqual([`-"${seen}"`, `+${numbered}`]);
  expect(changed({}, { [unseen]: 1 }).fields[0]?.name).toBe(numbered.slice(1, -1));
  // What is written with a backslash is not what the number means.
  expect(changed({ name: '\u202e' }, { name: '\\u202e' }).fields).toEqual([{ name: 'name', now: '"\\u202e"', then: '"\\\\u202e"' }]);
});
