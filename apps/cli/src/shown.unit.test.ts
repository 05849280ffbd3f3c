import { cursorOf, loginPlaces, placeIn } from '@rcm/db';
import { describe, expect, test } from 'vitest';
import { relative } from '@rcm/fleet';
import { printable } from '@rcm/telemetry';
import { facts, table, whole } from './table.ts';
import { type Terminal, viewOf } from './terminal.ts';
import { span } from './span.ts';

const now = new Date('2026-11-26T12:00:00Z');
const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);
const terminal = (columns: number | null, environment: NodeJS.ProcessEnv = {}): Terminal => {
  const screen = { write: () => true, ...(columns === null ? {} : { isTTY: true, columns }) };
  return { environment, stdout: screen, stderr: screen };
};

test.each([
  [0, 'now'],
  [59, 'in 59 s'],
  [-60, '1 min ago'],
  [86_399, 'in 23 h'],
  [3 * 86_400 + 5, 'in 3 d'],
  [-400 * 86_400, '400 d ago'],
])('%i s away is %s', (seconds, said) => expect(relative(at(seconds), now)).toBe(said));

test.each([
  ['14d', 14 * 86_400_000],
  ['36h', 36 * 3_600_000],
  ['30min', 1_800_000],
  ['2w', 14 * 86_400_000],
])('%s is a time', (text, ms) => expect(span('--due', text)).toBe(ms));

test.each(['', '14', 'd', '-1d', '1.5d', '99999d', '14 d', '1e3d'])('%j is none, and the option is named', (text) => {
  expect(() => span('--due', text)).toThrow(/--due must be a time/);
});

describe('a table', () => {
  const columns = [{ title: 'LOGIN', shrinks: true }, { title: 'STANDING' }, { title: 'NOTE', shrinks: true }];
  const rows = [
    [{ text: 'a-very-long-endpoint-identifier' }, { text: 'failing' }, { text: 'refused 3 d ago by the portal itself' }],
    [{ text: 'b' }, { text: 'ok' }, { text: '' }],
  ];
  test.each([200, 60, 40])('is aligned and no wider than %i columns', (width) => {
    const lines = table(viewOf(terminal(width), 'never', now), columns, rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(new Set(lines.map((line) => line.search(/STANDING|failing|ok/)))).toHaveProperty('size', 1);
  });

  test.each([80, 60, 40])('at %i columns has to its end what names each row, and what comes last gives way first', (width) => {
    const named = table(viewOf(terminal(width), 'never', now), columns, rows);
    expect(named[1]).toMatch(/^a-very-long-endpoint-identifier( |$)/);
    expect(named[1]?.includes('itself')).toBe(width === 80);
  });

  test('narrower than a name, has of each as much as there is room for', () => {
    const long = [{ text: 'x'.repeat(63) }, { text: 'ok' }, { text: '' }];
    expect(table(viewOf(terminal(40), 'never', now), columns, [long])).toEqual(['LOGIN', `${'x'.repeat(39)}…`]);
  });

  test('steers no terminal, whatever the database holds', () => {
    const hostile = '\u001b]0;owned\u0007\u001b[2J\u202eevil\n';
    for (const line of [
      ...table(viewOf(terminal(80), 'never', now), columns, [[{ text: hostile }]]),
      ...facts(viewOf(terminal(80), 'never', now), [['x', hostile]]),
      ...whole(viewOf(terminal(80), 'never', now), hostile),
    ])
      expect(line).toBe(printable(line));
  });
});

test('a text that is to be there to its end goes on below, where no part of it passes for a line of its own', () => {
  const text = `+ ${'x'.repeat(36)}+ ${'y'.repeat(36)}+ z`;
  expect(whole(viewOf(terminal(40), 'never', now), text)).toEqual([`+ ${'x'.repeat(36)}`, `> + ${'y'.repeat(36)}`, '> + z']);
  expect(whole(viewOf(terminal(null), 'never', now), text)).toEqual([text]);
});

test('why something is not well is there to its end on a narrow terminal', () => {
  const why = 'refused, the portal says that the password is wrong, and lets others in';
  const lines = facts(viewOf(terminal(40), 'never', now), [['told', why]]);
  expect(lines.map((line) => line.replace(/^> /, '')).join('')).toBe(`told  ${why}`);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
});

test.each([
  ['a pipe', terminal(null), 'auto', false],
  ['a terminal', terminal(80), 'auto', true],
  ['a terminal with NO_COLOR', terminal(80, { NO_COLOR: '1' }), 'auto', false],
  ['a terminal with NO_COLOR, and --color always', terminal(80, { NO_COLOR: '1' }), 'always', true],
  ['a pipe with --color always', terminal(null), 'always', true],
  ['a terminal with --color never', terminal(80), 'never', false],
  ['a dumb terminal', terminal(80, { TERM: 'dumb' }), 'auto', false],
] as const)('%s has colour as it should', (_, seen, colour, coloured) => {
  expect(viewOf(seen, colour, now).paint('red', 'x') !== 'x').toBe(coloured);
});

test('a place is given back as it was, and nothing else is taken for one', () => {
  const place = { key: '2026-01-01 00:00:00.123456+00', id: 'endpoint-1' };
  expect(placeIn(loginPlaces, '--after', cursorOf(place))).toEqual(place);
  for (const other of ['', 'x', Buffer.from('{"id":1}').toString('base64url'), cursorOf({ key: "'; --", id: 'x' })])
    expect(() => placeIn(loginPlaces, '--after', other)).toThrow(/--after/);
});
