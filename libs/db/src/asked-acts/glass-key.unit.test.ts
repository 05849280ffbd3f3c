import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { createGlassKey, sealForGlass } from './glass-key.ts';

const key = createGlassKey();
const id = randomUUID();
const seal = (text: string, of = key, request = id) => sealForGlass(of.publicKey, request, new Secret(text));

test.each(['', 'pässwörd', 'x'.repeat(9_000)])('what was sealed is opened', (text) => {
  expect(key.publicKey).toHaveLength(44);
  expect(key.open(id, seal(text)).reveal()).toBe(text);
});

test('the same text looks like another one each time, and is nowhere in what is kept', () => {
  const [once, again] = [Buffer.from(seal('31337-password')), Buffer.from(seal('31337-password'))];
  expect(once.equals(again)).toBe(false);
  expect(once.includes('31337')).toBe(false);
});

test('it opens with no other key, at no other request, and not where a byte was changed, or is missing', () => {
  const at = (place: number) => seal('text').map((byte, index) => (index === place ? byte ^ 1 : byte));
  const refused: (() => unknown)[] = [
    () => createGlassKey().open(id, seal('text')),
    () => key.open(randomUUID(), seal('text')),
    ...[20, 50, 61].map((place) => () => key.open(id, at(place))),
    ...[0, 44, 60, 62].map((length) => () => key.open(id, seal('text').subarray(0, length))),
  ];
  for (const open of refused) expect(open).toThrow(expect.objectContaining({ code: 'input_invalid' }));
});
