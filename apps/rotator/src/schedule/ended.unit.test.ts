import type { LookFinding } from '@rcm/db/acts';
import { RcmError } from '@rcm/telemetry';
import { expect, test } from 'vitest';
import { type Ended, failed, lookedAt, retried, rotated } from './ended.ts';

const there: LookFinding = { part: 'login', what: 'user name', state: 'there', detail: null };
const missing: LookFinding = { ...there, state: 'missing' };

test.each<[string, Ended, Ended]>([
  ['the portal accepts it', retried('accepted'), { outcome: 'done', code: null, words: 'The portal accepts the current password.' }],
  ['another copy is current', retried('found'), { outcome: 'done', code: null, words: 'The portal accepts a kept copy, which is current now.' }],
  ['it accepts none', retried('none'), { outcome: 'failed', code: 'login_none', words: 'The portal accepts none of the stored passwords.' }],
  [
    'the pages are as the recipe says',
    lookedAt({ findings: [there], asExpected: true }),
    { outcome: 'done', code: null, words: 'Looked at the portal’s pages: 1 as the recipe says.' },
  ],
  [
    'something is missing',
    lookedAt({ findings: [there, missing], asExpected: false }),
    { outcome: 'failed', code: 'portal_unexpected', words: 'Looked at the portal’s pages: 1 as the recipe says, 1 missing.' },
  ],
  ['it is rotated', rotated({ result: 'done', code: null, detail: null }), { outcome: 'done', code: null, words: 'The rotation is done.' }],
  [
    'it was not begun',
    rotated({ result: 'not_started', code: 'login_locked', detail: 'The account is locked.' }),
    { outcome: 'failed', code: 'login_locked', words: 'The rotation is not started: The account is locked.' },
  ],
  [
    'it waits',
    rotated({ result: 'waiting', code: null, detail: 'the portal is slow' }),
    { outcome: 'failed', code: 'rotation_waiting', words: 'The rotation is waiting: the portal is slow.' },
  ],
])('where %s, its page says so', (_, ended, said) => expect(ended).toEqual(said));

test('an error of ours is said as it is, and of any other that there was one', () => {
  const logged: unknown[] = [];
  const of = (error: unknown) => failed({ logger: { warn: (facts: unknown) => logged.push(facts) } as never }, error, { endpointId: 'a', act: 'verify' });
  expect(of(new RcmError('lease_unavailable', 'It is used.'))).toEqual({ outcome: 'failed', code: 'lease_unavailable', words: 'It is used.' });
  expect(of(new Error('hunter2'))).toEqual({ outcome: 'failed', code: 'unexpected', words: 'An unexpected error; the rotator’s log has it.' });
  expect(logged).toHaveLength(2);
});
