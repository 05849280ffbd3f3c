import { expect, test } from 'vitest';
import { verdictText } from './verdict-text.ts';

test('each row is a line, and what a page shows steers no terminal', () => {
  const rows = [{ status: 'paid\u001b[2J\nstatus: denied' }, { status: '\u202ediap', lines: [{ note: '\u009b2J' }] }];
  expect(verdictText({ kind: 'succeeded', result: { found: true, rows } as never })).toBe(
    'status: paid·[2J·status: denied\nstatus: ·diap  lines: [{"note":"·2J"}]',
  );
});
