import { parsePayload, parseReference } from '@rcm/credentials';
import { requestRotation } from '@rcm/db/rotation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NotificationChannel } from '../notifications/channel.ts';
import { deliverNotifications } from '../notifications/deliver.ts';
import type { NotificationText } from '../notifications/notification-text.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { type Asked, rotateAsked, takeUpLeftRequests } from './asked.ts';

let opened: RotatorEnvironment;
const PERSON = { actor: 'person:os:jane@host', reason: 'seen in a mail' };
const { signal } = new AbortController();
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: Array.from({ length: 6 }, () => 'alpine' as const) })));
afterAll(() => opened?.close());

async function stored(endpointId: string) {
  const { orgId, secretArn } = opened.testEnvironment.endpoint(endpointId);
  const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
  return current && parsePayload(current.text).reveal().password;
}
const changesAt = async (endpointId: string) => (await opened.testEnvironment.portals.history(opened.testEnvironment.endpoint(endpointId))).passwordsChanged;
const answerTo = async (requestId: string) =>
  (await opened.sql<{ answer: string | null }>('SELECT answer FROM rotation_request WHERE id = $1', [requestId]))[0];

/** A rotation whose process is gone right after this write to the journal. */
async function leftAt(endpointId: string, write: 'staged' | 'promoted'): Promise<void> {
  const dies = {
    ...opened.patient,
    onJournalWrite(written: string, when: 'before' | 'after') {
      if (written === write && when === 'after') throw new Error('the process is gone');
    },
  };
  await expect(opened.rotate(endpointId, dies)).rejects.toThrow('the process is gone');
}

/** As the commands do. A rollback goes back to the first version. */
async function ask(endpointId: string, kind: Asked['kind']) {
  const place = { orgId: opened.testEnvironment.endpoint(endpointId).orgId, endpointId };
  const wanted = kind === 'rollback' ? ({ kind, chosenVersion: '1' } as const) : { kind };
  const { requestId } = await requestRotation(opened.rotator.db, { ...place, ...wanted, ...PERSON });
  return { requestId, outcome: await rotateAsked(opened.patient, { ...place, kind, requestId }, signal) };
}

describe('a rotation that is asked for while an earlier one is open', () => {
  it.each([
    ['compromise', 'alpine-1'],
    ['demand', 'alpine-2'],
  ] as const)('is made once that has ended, which had put its password there before: %s', async (kind, endpointId) => {
    await leftAt(endpointId, 'promoted');
    const known = await stored(endpointId);
    expect((await ask(endpointId, kind)).outcome).toMatchObject({ result: 'done' });
    expect(await stored(endpointId)).not.toBe(known);
    expect([await changesAt(endpointId), await opened.testEnvironment.portalAcceptsStore(endpointId)]).toEqual([2, true]);
  });

  it('is put off where that waits, and begun by a rotator once it has ended', async () => {
    await leftAt('alpine-3', 'staged');
    const waitFor = (time: string) =>
      opened.sql(
        `UPDATE rotation_attempt SET state = 'waiting', waiting_from = 'staged', detail = 'the portal was down', waiting_until = now() + $1::interval WHERE endpoint_id = 'alpine-3'`,
        [time],
      );
    await waitFor('1 hour');
    const { requestId, outcome } = await ask('alpine-3', 'compromise');
    expect(outcome).toMatchObject({ result: 'put_off', detail: expect.stringMatching(/Another rotation.*the portal was down.*It stays asked for/) as string });
    expect([await changesAt('alpine-3'), await answerTo(requestId)]).toEqual([0, { answer: null }]);
    await waitFor('0 hours');
    await opened.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - interval '10 minutes' WHERE id = $1`, [requestId]);
    // The rotation that comes first was begun before it was asked for.
    await opened.sql(`UPDATE rotation_attempt SET created_at = created_at - interval '20 minutes' WHERE endpoint_id = 'alpine-3'`, []);
    await takeUpLeftRequests(opened.patient, { limit: 10, pauseMs: 0, signal });
    expect([await changesAt('alpine-3'), await answerTo(requestId)]).toEqual([2, { answer: 'done' }]);
  });

  it('that cannot begin for a day, as others know the password, ends and tells the channels why, and how to ask again', async () => {
    await leftAt('alpine-6', 'staged');
    await opened.sql(
      `UPDATE rotation_attempt SET state = 'blocked', waiting_from = 'staged', detail = 'the portal accepted none of the stored passwords', created_at = created_at - interval '2 days' WHERE endpoint_id = 'alpine-6'`,
      [],
    );
    const { requestId } = await ask('alpine-6', 'compromise');
    const ages = (time: string) => opened.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - $2::interval WHERE id = $1`, [requestId, time]);
    const takeUp = () => takeUpLeftRequests(opened.patient, { limit: 10, pauseMs: 0, signal });
    const sent: NotificationText[] = [];
    const channel: NotificationChannel = {
      name: 'sms',
      send: ({ notification, text }) => Promise.resolve(void (notification.endpointId === 'alpine-6' && sent.push(text))),
    };
    const { db, logger } = opened.rotator;
    const deliver = () => deliverNotifications({ db, logger, channels: [channel], deadlineMs: 5_000, maxTries: 1, signal });

    await ages('23 hours');
    await takeUp();
    await deliver();
    expect([sent, await answerTo(requestId)]).toEqual([[], { answer: null }]);

    await ages('25 hours');
    await takeUp();
    await takeUp();
    await deliver();
    expect([sent.map(({ title }) => title), await answerTo(requestId), await changesAt('alpine-6')]).toEqual([
      ['Not rotated, though asked for: alpine-6'],
      { answer: 'expired' },
      0,
    ]);
    expect(sent[0]?.happened).toMatch(/for a day: Another rotation.*blocked: the portal accepted none/);
    expect(sent[0]?.todo.join(' ')).toMatch(/rcm login show alpine-6.*rcm login rotate alpine-6 --kind compromise/);
  });

  it('is not done where it goes back to an earlier password: that was approved for the login as it stood before', async () => {
    await opened.untilEnded('alpine-4');
    await leftAt('alpine-4', 'promoted');
    const newest = await stored('alpine-4');
    const { requestId, outcome } = await ask('alpine-4', 'rollback');
    expect([outcome.result, await answerTo(requestId), await stored('alpine-4')]).toEqual(['put_off', { answer: 'put_off' }, newest]);
  });
});

it('a rollback that waited while the login was rotated goes back no further than was asked', async () => {
  const place = { orgId: opened.testEnvironment.endpoint('alpine-5').orgId, endpointId: 'alpine-5' };
  await opened.untilEnded('alpine-5');
  const { requestId } = await requestRotation(opened.rotator.db, { ...place, kind: 'rollback', chosenVersion: '1', ...PERSON });
  await opened.untilEnded('alpine-5');
  const newest = await stored('alpine-5');
  expect(await rotateAsked(opened.patient, { ...place, kind: 'rollback', requestId }, signal)).not.toMatchObject({ result: 'done' });
  expect([await stored('alpine-5'), await changesAt('alpine-5')]).toEqual([newest, 2]);
});
