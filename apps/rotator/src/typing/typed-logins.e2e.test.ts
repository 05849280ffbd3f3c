import { randomUUID } from 'node:crypto';
import { endLeftTypings, type TypingOf } from '@rcm/db/acts';
import { releaseLease } from '@rcm/db/leases';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RotatorEnvironment } from '../testing.fixture.ts';
import { TypedLogins } from './typed-logins.ts';
import { JANE, NEW, openTypingEnvironment, type Typed, type TypingEnvironment } from './typing-environment.fixture.ts';

let people: TypingEnvironment;
let opened: RotatorEnvironment;
/** The rotator that people type for. */
let typing: TypedLogins;
const { signal } = new AbortController();

beforeAll(async () => {
  people = await openTypingEnvironment();
  opened = people.opened;
});
afterAll(() => people?.close());
beforeEach(async () => {
  typing = new TypedLogins(opened.rotator);
  await opened.sql('DELETE FROM login_request', []);
  // What one test's logins met says nothing about the portal to those of the next.
  await opened.sql(
    `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day', rests_until = rests_until - interval '1 day'`,
    [],
  );
});

async function typed(at: EnvironmentEndpoint, what: Typed = {}): Promise<string> {
  const { id } = await people.ask(at);
  await typing.offer(signal);
  await people.type(at, id, what);
  return id;
}

describe('what a person types into the console', () => {
  it('is proved by one login and is the next version, with the event of the person who typed it; nothing else in the secret changes', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const before = await people.payloadOf(at);
    await people.setAtPortal(at, NEW);
    await typed(at, { seed: 'JBSWY3DPEHPK3PXP' });
    const tries = (await people.triesOf(at)).length;
    await typing.setAll(signal);
    const { version } = await people.currentOf(at);
    expect(await people.payloadOf(at)).toEqual({ ...before, password: NEW, mfa_seed: 'JBSWY3DPEHPK3PXP' });
    expect((await people.triesOf(at)).length).toBe(tries + 1);
    expect(await people.actsOf(at)).toMatchObject([
      { state: 'done', code: null, words: expect.stringContaining(`Stored as version ${version}, which the portal accepts;`) as string },
    ]);
    expect(await opened.audit('secret.set', at.id)).toMatchObject([
      { actor: JANE, reason: 'read from the letter', details: { fields: ['password', 'mfa_seed'], proof: 'login' } },
    ]);
    expect(await people.keys()).toEqual([]);
  });

  it('changes nothing where the portal refuses it: one login was spent, and its page says so', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const before = await people.currentOf(at);
    await typed(at, { password: 'not-it-by-a-letter' });
    const tries = (await people.triesOf(at)).length;
    await typing.setAll(signal);
    expect([(await people.currentOf(at)).version, (await people.triesOf(at)).slice(tries)]).toEqual([before.version, ['wrong']]);
    expect(await people.actsOf(at)).toMatchObject([
      { state: 'failed', code: 'login_rejected', words: expect.stringContaining('does not accept the typed password') as string },
    ]);
    expect(await opened.audit('secret.set', at.id)).toEqual([]);
    expect(JSON.stringify([await people.actsOf(at), await opened.sql('SELECT to_jsonb(t) FROM login_request t', [])])).not.toContain('not-it-by-a-letter');
  });

  it('is asked for by nobody while a rotation of the login is open, and stored by nobody where one has begun since', async () => {
    const [open, opens] = [await opened.testEnvironment.addEndpoint('alpine'), await opened.testEnvironment.addEndpoint('alpine')];
    await people.rotationOf(open);
    await people.ask(open);
    const id = await typed(opens);
    expect(await people.actsOf(open)).toMatchObject([{ state: 'failed', code: 'state_conflict' }]);
    expect(await people.keys()).toEqual([{ request_id: id }]);
    await people.rotationOf(opens);
    const before = await people.kept(opens);
    await typing.setAll(signal);
    expect([await people.kept(opens), (await people.actsOf(opens))[0]]).toMatchObject([before, { state: 'failed', code: 'state_conflict' }]);
  });

  it('is nothing to the process that comes after the one it was typed for: it ends, nothing is stored, and it may be asked for again', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    await people.setAtPortal(at, NEW);
    const before = await people.kept(at);
    await typed(at);
    const after = new TypedLogins(opened.rotator);
    await after.offer(signal);
    await after.setAll(signal);
    expect([await people.kept(at), (await people.actsOf(at))[0]?.state]).toEqual([before, 'waiting']);
    await opened.sql(
      `UPDATE login_typing SET offered_at = offered_at - interval '1 hour', open_until = open_until - interval '1 hour', typed_at = typed_at - interval '1 hour'`,
      [],
    );
    await after.offer(signal);
    expect([(await people.actsOf(at))[0]?.state, await people.keys()]).toEqual(['expired', []]);
    // And the one that it was typed for, if it only stood still, has it no more.
    await typing.setAll(signal);
    expect(await people.kept(at)).toEqual(before);
    typing = after;
    await typed(at);
    await after.setAll(signal);
    expect([(await people.payloadOf(at)).password, (await people.actsOf(at))[0]?.state]).toEqual([NEW, 'done']);
  });

  it('is given up at once by a process that ends, typed or not', async () => {
    const [one, other] = [await opened.testEnvironment.addEndpoint('alpine'), await opened.testEnvironment.addEndpoint('alpine')];
    await people.ask(one);
    await typed(other);
    await typing.leave();
    for (const at of [one, other])
      expect(await people.actsOf(at)).toMatchObject([{ state: 'failed', code: 'cancelled', words: expect.stringContaining('ask again') as string }]);
    expect(await people.keys()).toEqual([]);
    await typing.setAll(signal);
    expect(await opened.audit('secret.set', other.id)).toEqual([]);
  });

  it('is not stored late: whose request has ended while its process stood still does nothing any more, and spends no login', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    await people.setAtPortal(at, NEW);
    const id = await typed(at);
    const busy = await people.exclusiveOf(at);
    const before = await people.kept(at);
    const setting = typing.setAll(signal);
    while ((await people.actsOf(at))[0]?.state !== 'under way') await new Promise((resolve) => setTimeout(resolve, 50));
    await opened.sql(`UPDATE login_request SET ended_at = clock_timestamp(), outcome = 'left' WHERE id = $1::uuid`, [id]);
    await releaseLease(opened.rotator.db, { orgId: at.orgId, leaseId: busy.id });
    await setting;
    expect([await people.kept(at), (await people.actsOf(at))[0]?.state]).toEqual([before, 'left']);
  });

  it.each<[string, (at: EnvironmentEndpoint) => Partial<TypingOf>]>([
    ['another login', () => ({ endpointId: 'another' })],
    ['another organization', () => ({ orgId: 'another' })],
    ['another request', () => ({ requestId: randomUUID() })],
    ['another person', () => ({ actor: `${JANE} says else` })],
  ])('and was sealed for %s opens nowhere', async (_, other) => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    await people.setAtPortal(at, NEW);
    const before = await people.kept(at);
    await typed(at, { other: other(at) });
    await typing.setAll(signal);
    expect([await people.kept(at), (await people.actsOf(at))[0]]).toMatchObject([before, { state: 'failed', code: 'input_invalid' }]);
  });

  it('is taken by one round of several, each login for itself', async () => {
    const logins = await Promise.all(Array.from({ length: 3 }, () => opened.testEnvironment.addEndpoint('alpine')));
    for (const at of logins) {
      await people.setAtPortal(at, `${NEW}-${at.id}`);
      await people.ask(at);
    }
    await typing.offer(signal);
    for (const at of logins) await people.type(at, (await people.actsOf(at))[0]?.id ?? '', { password: `${NEW}-${at.id}` });
    await Promise.all([typing.setAll(signal), typing.offer(signal), typing.setAll(signal), typing.setAll(signal), typing.setAll(signal)]);
    for (const at of logins) {
      expect([(await people.payloadOf(at)).password, (await people.actsOf(at))[0]?.state]).toEqual([`${NEW}-${at.id}`, 'done']);
      expect(await opened.audit('secret.set', at.id)).toHaveLength(1);
    }
  });
});

it('so many keys are out at a time, and what is withdrawn makes room', async () => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  // Of logins that only have to be there.
  const others = Array.from({ length: 20 }, (_, i) => `more-${i}`);
  for (const id of others)
    await opened.sql(
      `INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity)
       SELECT $2, org_id, portal_type_code, $2, base_url, secret_arn, current_version, login_identity FROM integration_endpoint WHERE id = $1`,
      [at.id, id],
    );
  // Of one organization fewer wait: as if they were of several.
  await opened.sql(
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason) SELECT $1, id, 'set', $2, 'r' FROM integration_endpoint WHERE id LIKE 'more-%'`,
    [at.orgId, JANE],
  );
  await typing.offer(signal);
  await typing.offer(signal);
  expect(await people.keys()).toHaveLength(16);
  const [given] = await opened.sql<{ id: string }>(`SELECT request_id::text AS id FROM login_typing LIMIT 1`, []);
  await opened.sql(`UPDATE login_request SET withdrawn_by = actor, withdrawal_reason = 'r' WHERE id = $1::uuid`, [given?.id]);
  expect(await people.keys()).toHaveLength(15);
  await typing.offer(signal);
  expect(await people.keys()).toHaveLength(16);
  expect(await endLeftTypings(opened.rotator.db)).toBe(0);
});

it('so many are set within an hour, over all organizations: of more nobody is asked', async () => {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  await opened.sql('ALTER TABLE login_request DISABLE TRIGGER must_be_typed', []);
  await opened.sql(
    `INSERT INTO login_request (org_id, endpoint_id, kind, actor, reason, taken_at, taken_by, ended_at, outcome)
     SELECT $1, $2, 'set', 'person:os:jane', 'r', now(), 'rotator@host:1', now(), 'done' FROM generate_series(1, 60)`,
    [at.orgId, at.id],
  );
  await opened.sql('ALTER TABLE login_request ENABLE TRIGGER must_be_typed', []);
  await people.ask(at);
  await typing.offer(signal);
  expect([(await people.actsOf(at))[0], await people.keys()]).toMatchObject([
    { state: 'failed', code: 'state_conflict', words: expect.stringContaining('60 logins were set') as string },
    [],
  ]);
});
