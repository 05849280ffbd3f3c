import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { rotateOnDemand, takeUpLeftRequests } from './asked.ts';

let opened: RotatorEnvironment;
const PERSON = { actor: 'person:os:jane@host', reason: 'seen in a mail' };
const { signal } = new AbortController();
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: ['alpine'] })));
afterAll(() => opened?.close());

const answers = () => opened.sql('SELECT answer FROM rotation_request', []);
const attempts = () => opened.sql('SELECT reason, state FROM rotation_attempt', []);
const takeUp = () => takeUpLeftRequests(opened.patient, { limit: 10, pauseMs: 0, signal });

// Others know the password: a store that is away for a moment must not leave it as it is for good.
it('a rotation that was asked for stands while the store throttles or is away, and is begun once it is well', async () => {
  const { aws } = opened.testEnvironment;
  const asked = { endpointId: 'alpine-1', kind: 'compromise', ...PERSON } as const;
  aws.setFaults({ match: 'ssm', kind: 'throttle' });
  expect(await rotateOnDemand({ rotator: opened.patient, db: opened.patient.db }, asked, signal)).toMatchObject({
    ...{ result: 'failed', code: 'store_throttled' },
    detail: expect.stringContaining('It stays asked for') as string,
  });
  await opened.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - interval '10 minutes'`, []);
  aws.setFaults({ match: 'ssm', kind: 'down' });
  await takeUp();
  expect([await answers(), await attempts()]).toEqual([[{ answer: null }], []]);
  aws.setFaults([]);
  await takeUp();
  expect([await answers(), await attempts()]).toEqual([[{ answer: 'done' }], [{ reason: 'compromise', state: 'done' }]]);
});
