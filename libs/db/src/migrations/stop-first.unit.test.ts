import { expect, test } from 'vitest';
import { BESIDE_FROM, REFUSES, stopFirst, TAKES_AWAY } from './stop-first.ts';

const FIRST = '20261124090000_organizations_and_endpoints';

test('nothing has to stop where there is nothing yet, where nothing is missing, and where what is missing only adds', () => {
  expect(stopFirst([], [FIRST, ...Object.keys(TAKES_AWAY)])).toEqual([]);
  expect(stopFirst([FIRST, BESIDE_FROM], [])).toEqual([]);
  expect(stopFirst([FIRST, BESIDE_FROM], ['20990101000000_more'])).toEqual([]);
});

test('everything has to stop for what was not looked at, said once', () => {
  const words = [`Stop every process first: what the version before does is not looked at up to migration ${BESIDE_FROM}.`];
  expect(stopFirst([FIRST], [BESIDE_FROM])).toEqual(words);
  expect(stopFirst([FIRST], [...Object.keys(TAKES_AWAY), BESIDE_FROM, '20990101000000_more'])).toEqual(words);
});

test('what is after it is named with what goes and what uses it', () => {
  const later = Object.entries({ ...TAKES_AWAY, ...REFUSES }).filter(([name]) => name > BESIDE_FROM);
  for (const [name, { goes, stop }] of later)
    expect(stopFirst([FIRST, BESIDE_FROM], [name])).toEqual(stop === null ? [] : [`Stop ${stop} first: ${name} ends ${goes}.`]);
});
