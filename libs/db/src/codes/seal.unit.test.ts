import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { beforeAll, expect, test } from 'vitest';
import { type CodeKey, createCodeKey, sealCode } from './seal.ts';

let key: CodeKey;
let other: CodeKey;
beforeAll(async () => void ([key, other] = await Promise.all([createCodeKey(), createCodeKey()])));
const id = randomUUID();
const seal = (code: string, of = key, request = id) => sealCode(of.publicKey, request, new Secret(code));

test.each([
  ['123456', '123456'],
  [' 123 456\n', '123456'],
  ['QX-77 zä', 'QX-77zä'],
])('what was sealed is opened, without its blanks: %j', (code, bare) => {
  expect(key.open(id, seal(code)).reveal()).toBe(bare);
});

test('the same code looks like another one each time, and is nowhere in what is kept', () => {
  const [once, again] = [Buffer.from(seal('31337-code')), Buffer.from(seal('31337-code'))];
  expect(once.equals(again)).toBe(false);
  expect(once.includes('31337')).toBe(false);
  expect(once).toHaveLength(256);
});

test('it opens with no other key, at no other request, and not where a byte was changed', () => {
  const changed = seal('123456');
  changed[17] = (changed[17] ?? 0) ^ 1;
  const refused: (() => unknown)[] = [
    () => other.open(id, seal('123456')),
    () => key.open(randomUUID(), seal('123456')),
    () => key.open(id, changed),
    () => key.open(id, new Uint8Array()),
  ];
  for (const open of refused) expect(open).toThrow(expect.objectContaining({ code: 'input_invalid' }));
});

test.each([[''], ['  \t'], ['7'.repeat(65)], ['ä'.repeat(33)]])('what is no code is refused: %j', (code) => {
  expect(() => seal(code)).toThrow(expect.objectContaining({ code: 'input_invalid' }));
});
