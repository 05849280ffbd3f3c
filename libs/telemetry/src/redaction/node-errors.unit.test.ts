import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeError } from './values.ts';

const CANARY = 'canary-7f3';

const messageOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return describeError(error).message;
  }
};
const given = (value: unknown) => messageOf(() => Buffer.alloc(value as never));

test('an error of Node that shows what it was given is described without that', () => {
  expect(given(CANARY)).toMatch(/of type number\. Received \[redacted\]$/);
  expect(messageOf(() => readFileSync(47.11))).toMatch(/Received \[redacted\]$/);
  expect(messageOf(() => readFileSync(`\0${CANARY}`))).toMatch(/Received \[redacted\]$/);
  expect(messageOf(() => Buffer.from('x', CANARY as never))).toBe('Unknown encoding: [redacted]');
});

test('and with the kind of what it was given', () => {
  expect(given(undefined)).toMatch(/of type number\. Received undefined$/);
  expect(given([CANARY])).toMatch(/Received an instance of Array$/);
});
