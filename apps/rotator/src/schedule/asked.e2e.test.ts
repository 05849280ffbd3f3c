import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { pauseRotations, requestRotation, resumeRotations } from '@rcm/db/rotation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NotificationChannel } from '../notifications/channel.ts';
import { deliverNotifications } from '../notifications/deliver.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { rotateAsked, takeUpLeftRequests } from './asked.ts';

let opened: RotatorEnvironment;
const PERSON = { actor: 'person:os:jane@host', reason: 'seen in a mail' };
const { signal } = new AbortController();
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: Array.from({ length: 8 }, () => 'alpine' as const) });
});
afterAll(() => opened?.close());

/** All that a command does before it dies; `ms` ago. */
async function left(endpointId: string, ms: number, kind: 'compromise' | 'demand' = 'compromise'): Promise<string> {
  const { orgId } = opened.testEnvironment.endpoint(endpointId);
  const { requestId } = await requestRotation(opened.rotator.db, { orgId, endpointId, kind, ...PERSON });
  await opened.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - make_interval(secs => $2::float8 / 1000) WHERE id = $1`, [requestId, ms]);
  return requestId;
}
const stored = async (endpointId: string) => {
  const { orgId, secretArn } = opened.testEnvironment.endpoint(endpointId);
  const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
  return current && parsePayload(current.text).reveal().password;
};
const takeUp = () => takeUpLeftRequests(opened.rotator, { limit: 10, pauseMs: 0, signal });
const answerTo = async (requestId: string) => (await opened.sql('SELECT answer FROM rotation_request WHERE id = $1', [requestId]))[0];
const told = (requestId: string) =>
  opened.sql(`SELECT actor, reason FROM audit_event WHERE action = 'rotation.not_started' AND details ->> 'requestId' = $1`, [requestId]);

/** What a channel that was not there before is sent now. */
async function heard(): Promise<string[]> {
  const titles: string[] = [];
  const channel: NotificationChannel = { name: randomUUID(), send: ({ text }) => Promise.resolve(void titles.push(text.title)) };
  const { db, logger } = opened.rotator;
  await deliverNotifications({ db, logger, channels: [channel], deadlineMs: 5_000, maxTries: 1, signal });
  return titles;
}
const NOT_ROTATED = 'Not rotated, though asked for: alpine-2';

describe('a rotation that somebody asked for by a command which died', () => {
  it('is begun by a rotator, for the reason that was given, once', async () => {
    const requestId = await left('alpine-1', 600_000);
    await takeUp();
    expect(await opened.sql('SELECT reason, state, request_id FROM rotation_attempt', [])).toEqual([
      { reason: 'compromise', state: 'done', request_id: requestId },
    ]);
    expect(await answerTo(requestId)).toEqual({ answer: 'done' });
    await takeUp();
    expect(await opened.sql('SELECT FROM rotation_attempt', [])).toHaveLength(1);
  });

  it('is left to its command while that may still be at it', async () => {
    const requestId = await left('alpine-2', 60_000);
    await takeUp();
    expect(await answerTo(requestId)).toEqual({ answer: null });
    await opened.sql(`UPDATE rotation_request SET answered_at = now(), answer = 'test' WHERE id = $1`, [requestId]);
  });

  it('ends with an audit event that says why where it may not begin, and does not begin later unasked', async () => {
    await pauseRotations(opened.rotator.db, { scope: { kind: 'all' }, ...PERSON });
    const requestId = await left('alpine-2', 600_000);
    await takeUp();
    expect(await answerTo(requestId)).toEqual({ answer: 'not_started' });
    expect(await told(requestId)).toEqual([
      { actor: opened.rotator.owner, reason: expect.stringMatching(/the command that asked had ended.*paused/) as string },
    ]);
    expect(await heard()).toEqual([NOT_ROTATED]);
    await resumeRotations(opened.rotator.db, { scope: { kind: 'all' }, ...PERSON });
    await takeUp();
    expect(await opened.sql(`SELECT FROM rotation_attempt WHERE endpoint_id = 'alpine-2'`, [])).toEqual([]);
  });

  it('ends after a day, and people are told', async () => {
    const requestId = await left('alpine-2', 25 * 3_600_000, 'demand');
    await takeUp();
    expect(await answerTo(requestId)).toEqual({ answer: 'expired' });
    expect(await told(requestId)).toHaveLength(1);
    expect(await heard()).toEqual([NOT_ROTATED, NOT_ROTATED]);
    expect(await opened.sql(`SELECT FROM rotation_attempt WHERE endpoint_id = 'alpine-2'`, [])).toEqual([]);
  });

  it('is made after a day, too, where others know the password, as nobody could begin it before', async () => {
    const requestId = await left('alpine-8', 25 * 3_600_000);
    const known = await stored('alpine-8');
    await takeUp();
    expect([await answerTo(requestId), (await stored('alpine-8')) === known]).toEqual([{ answer: 'done' }, false]);
  });

  it('is nobody’s to take up once the command has told how it went on', async () => {
    await pauseRotations(opened.rotator.db, { scope: { kind: 'all' }, ...PERSON });
    const { orgId } = opened.testEnvironment.endpoint('alpine-3');
    const asked = { orgId, endpointId: 'alpine-3', kind: 'demand' } as const;
    const { requestId } = await requestRotation(opened.rotator.db, { ...asked, ...PERSON });
    expect(await rotateAsked(opened.rotator, { ...asked, requestId }, signal)).toMatchObject({ result: 'not_started' });
    await resumeRotations(opened.rotator.db, { scope: { kind: 'all' }, ...PERSON });
    await opened.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - interval '10 minutes' WHERE id = $1`, [requestId]);
    await takeUp();
    expect(await opened.sql(`SELECT FROM rotation_attempt WHERE endpoint_id = 'alpine-3'`, [])).toEqual([]);
    expect(await told(requestId)).toEqual([]);
  });

  it('holds up nobody else’s while its login is busy, however few are taken up at once', async () => {
    const { orgId } = opened.testEnvironment.endpoint('alpine-2');
    const busy = await acquireExclusiveLease(opened.testEnvironment.db, {
      orgId,
      endpointId: 'alpine-2',
      holder: 'somebody',
      ttlMs: 600_000,
      wantMs: 1_000,
    });
    if (!busy.granted) throw new Error('no lease');
    const [older, newer] = [await left('alpine-2', 900_000), await left('alpine-3', 600_000)];
    const hurried = { ...opened.rotator, lease: { ...opened.rotator.lease, waitMs: 100 } };
    for (let round = 0; round < 2; round += 1) await takeUpLeftRequests(hurried, { limit: 1, pauseMs: 0, signal });
    expect([await answerTo(older), await answerTo(newer)]).toEqual([{ answer: null }, { answer: 'done' }]);
    await releaseLease(opened.testEnvironment.db, { orgId, leaseId: busy.lease.id });
    await takeUp();
    expect(await answerTo(older)).toEqual({ answer: 'done' });
  });
});

describe('a rotation that was put off', () => {
  const ago = (requestId: string) =>
    opened.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - interval '10 minutes' WHERE id = $1`, [requestId]);
  const rotations = (endpointId: string) =>
    opened.sql('SELECT request_id AS request, state FROM rotation_attempt WHERE endpoint_id = $1 ORDER BY created_at', [endpointId]);

  /** Asked for by a command, and put off as an agent works with the login; it is free again afterwards. */
  async function putOff(endpointId: string): Promise<string> {
    const { requestId, outcome } = await meetsBusy(endpointId, { kind: 'compromise' });
    expect(outcome).toMatchObject({ result: 'put_off', code: 'lease_unavailable', detail: expect.stringContaining('It stays asked for') as string });
    return requestId;
  }

  type Wanted = { readonly kind: 'compromise' } | { readonly kind: 'rollback'; readonly chosenVersion: string };
  async function meetsBusy(endpointId: string, wanted: Wanted) {
    const { orgId } = opened.testEnvironment.endpoint(endpointId);
    const place = { orgId, endpointId };
    const busy = await acquireExclusiveLease(opened.testEnvironment.db, { ...place, holder: 'somebody', ttlMs: 600_000, wantMs: 1_000 });
    if (!busy.granted) throw new Error('no lease');
    const { requestId } = await requestRotation(opened.rotator.db, { ...place, ...wanted, ...PERSON });
    const hurried = { ...opened.rotator, lease: { ...opened.rotator.lease, waitMs: 100 } };
    const outcome = await rotateAsked(hurried, { ...place, kind: wanted.kind, requestId }, signal);
    await releaseLease(opened.testEnvironment.db, { orgId, leaseId: busy.lease.id });
    await ago(requestId);
    return { requestId, outcome };
  }

  it('is not begun later where it goes back to an earlier password: that was approved for the login as it stood then', async () => {
    const { requestId, outcome } = await meetsBusy('alpine-4', { kind: 'rollback', chosenVersion: '1' });
    expect([outcome.result, outcome.detail?.includes('It stays asked for'), await answerTo(requestId)]).toEqual(['put_off', false, { answer: 'put_off' }]);
  });

  it('is begun by a rotator once the login is free', async () => {
    const requestId = await putOff('alpine-4');
    expect(await answerTo(requestId)).toEqual({ answer: null });
    await takeUp();
    expect([await rotations('alpine-4'), await answerTo(requestId)]).toEqual([[{ request: requestId, state: 'done' }], { answer: 'done' }]);
  });

  it('is begun by a rotator where its command was stopped, too', async () => {
    const { orgId } = opened.testEnvironment.endpoint('alpine-5');
    const asked = { orgId, endpointId: 'alpine-5', kind: 'demand' } as const;
    const { requestId } = await requestRotation(opened.rotator.db, { ...asked, ...PERSON });
    expect(await rotateAsked(opened.rotator, { ...asked, requestId }, AbortSignal.abort())).toMatchObject({ result: 'put_off', code: 'cancelled' });
    await ago(requestId);
    await takeUp();
    expect([await rotations('alpine-5'), await answerTo(requestId)]).toEqual([[{ request: requestId, state: 'done' }], { answer: 'done' }]);
  });

  it('is begun by a rotator where the secret had to be put in order first', async () => {
    const { orgId, portal, secretArn } = opened.testEnvironment.endpoint('alpine-7');
    const other = { username: 'somebody-else', password: 'Of-Somebody-Else-1!' };
    await opened.testEnvironment.portals.createAccount({ portal, ...other, mfaSeed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' });
    const store = opened.rotator.stores.forTenant(orgId);
    const current = await store.read(parseReference(secretArn));
    if (!current) throw new Error('no secret');
    await store.replace(parseReference(secretArn), serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, ...other }))), current.version);
    const asked = { orgId, endpointId: 'alpine-7', kind: 'compromise' } as const;
    const { requestId } = await requestRotation(opened.rotator.db, { ...asked, ...PERSON });
    expect(await rotateAsked(opened.rotator, { ...asked, requestId }, signal)).toMatchObject({
      result: 'put_off',
      detail: expect.stringMatching(/another account.*begins again.*It stays asked for/) as string,
    });
    await ago(requestId);
    await takeUp();
    expect([(await rotations('alpine-7')).at(-1), await answerTo(requestId)]).toEqual([{ request: requestId, state: 'done' }, { answer: 'done' }]);
  });

  it('is not made a second time where somebody has asked again, and it is done', async () => {
    const requestId = await putOff('alpine-6');
    const { orgId } = opened.testEnvironment.endpoint('alpine-6');
    const asked = { orgId, endpointId: 'alpine-6', kind: 'compromise' } as const;
    const again = await requestRotation(opened.rotator.db, { ...asked, ...PERSON });
    expect(await rotateAsked(opened.rotator, { ...asked, ...again }, signal)).toMatchObject({ result: 'done' });
    await takeUp();
    expect([await rotations('alpine-6'), await answerTo(requestId)]).toEqual([[{ request: again.requestId, state: 'done' }], { answer: 'rotated_since' }]);
    expect(await told(requestId)).toEqual([{ actor: opened.rotator.owner, reason: expect.stringContaining('the login was rotated since') as string }]);
  });

  it('is looked at by rotators with pauses, not at each round', async () => {
    const requestId = await putOff('alpine-4');
    await opened.sql('UPDATE rotation_request SET looked_at = clock_timestamp() WHERE id = $1', [requestId]);
    await takeUpLeftRequests(opened.rotator, { limit: 10, pauseMs: 300_000, signal });
    expect(await answerTo(requestId)).toEqual({ answer: null });
    await opened.sql(`UPDATE rotation_request SET answered_at = now(), answer = 'test' WHERE id = $1`, [requestId]);
  });
});
