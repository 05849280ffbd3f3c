import { createLogger, RcmError } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { failureLines, failureOf } from './report.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const THROTTLED = new RcmError('store_throttled', 'The store is busy.');
const CONFLICT = new RcmError('store_conflict', 'Another payload lies there.');

test('what passes by itself is told from what a person has to mend', () => {
  expect([THROTTLED, CONFLICT, new TypeError('x')].map((error) => failureOf('e', error, logger))).toMatchObject([
    { code: 'store_throttled', class: 'transient' },
    { code: 'store_conflict', class: 'mend' },
    { code: 'unexpected', class: 'mend', reason: 'something unexpected failed; the log has it' },
  ]);
});

test('for people, failures that are alike are one line, which names eight of them', () => {
  const many = Array.from({ length: 9 }, (_, n) => failureOf(`e${n}`, THROTTLED, logger));
  expect(failureLines([...many, failureOf('other', CONFLICT, logger)])).toEqual([
    '  9 e0, e1, e2, e3, e4, e5, e6, e7, …: store_throttled (passes; run it again): The store is busy.',
    '  other: store_conflict: Another payload lies there.',
  ]);
});
