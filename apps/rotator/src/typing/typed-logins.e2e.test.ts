import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, type StoredSecret } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import { askAct, endLeftTypings, listAskedActs, sealTypedLogin, typeLogin, typingKey, type TypingOf } from '@rcm/db/acts';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import { urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { TypedLogins } from './typed-logins.ts';

let opened: RotatorEnvironment;
let page: Database;
/** The rotator that people type for. */
let typing: TypedLogins;
const { signal } = new AbortController();

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { settleMs: 200 } });
  page = openDatabase({ url: urlFor('rcm_console', opened.testEnvironment.databaseUrl), applicationName: 'console', role: 'rcm_console' });
});
afterAll(async () => {
  await page?.close();
  await opened?.close();
});
beforeEach(async () => {
  typing = new TypedLogins(opened.rotator);
  await opened.sql('DELETE FROM login_request', []);
  // What one test's logins met says nothing about the portal to those of the next.
  await opened.sql(
    `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day', rests_until = rests_until - interval '1 day'`,
    [],
  );
});

const JANE = 'person:oidc:https://id.example#jane';
const NEW = 'Chosen-At-The-Portal-7';
const ask = ({ orgId, id }: EnvironmentEndpoint) => askAct(page, { orgId, endpointId: id, kind: 'set', actor: JANE, reason: 'read from the letter' });
/** As a page does it; `other`: sealed as if it were for something else. */
async function type({ orgId }: EnvironmentEndpoint, id: string, { password = NEW, seed = '', other = {} as Partial<TypingOf> } = {}): Promise<void> {
  const key = await typingKey(page, { id, orgId, actor: JANE });
  if (!key) throw new Error('there is no such request');
  const sealed = sealTypedLogin(key.publicKey, { ...key, ...other }, { password: new Secret(password), seed: new Secret(seed) });
  await typeLogin(page, { id, orgId, actor: JANE, sealed });
}
async function typed(at: EnvironmentEndpoint, what: Parameters<typeof type>[2] = {}): Promise<string> {
  const { id } = await ask(at);
  await typing.offer(signal);
  await type(at, id, what);
  return id;
}
const setAtPortal = ({ portal, username }: EnvironmentEndpoint, password: string) =>
  opened.testEnvironment.portals.createAccount({ portal, username, password });
const triesOf = async (at: EnvironmentEndpoint) => (await opened.testEnvironment.portals.history(at)).tries.map(({ ended }) => ended);
const actsOf = async ({ orgId, id }: EnvironmentEndpoint) => listAskedActs(page, { orgId, endpointId: id, limit: 5 });
const keys = () => opened.sql('SELECT request_id FROM login_typing', []);
async function currentOf({ orgId, secretArn }: EnvironmentEndpoint): Promise<StoredSecret> {
  const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return current;
}
const payloadOf = async (at: EnvironmentEndpoint) => parsePayload((await currentOf(at)).text).reveal();
/** What a login is and has met, without who looked at it. */
const kept = async (at: EnvironmentEndpoint) => {
  const { secret, logins, attempts } = (await opened.snapshot(at.id)) as { readonly secret: unknown; readonly logins: unknown; readonly attempts: unknown };
  return { secret, logins, attempts };
};
async function exclusiveOf(at: EnvironmentEndpoint) {
  const lease = await acquireExclusiveLease(opened.rotator.db, { orgId: at.orgId, endpointId: at.id, holder: 'another', ttlMs: 3_600_000, wantMs: 0 });
  if (!lease.granted) throw new Error(lease.reason);
  return lease.lease;
}
async function rotationOf(at: EnvironmentEndpoint): Promise<void> {
  const lease = await exclusiveOf(at);
  await planRotation(opened.rotator.db, {
    ...{ attemptId: randomUUID(), leaseId: lease.id, fence: lease.fence, endpointId: at.id, orgId: at.orgId, owner: 'another', reason: 'due', recipeHash: 'h' },
    baseVersion: (await currentOf(at)).version,
  });
  await releaseLease(opened.rotator.db, { orgId: at.orgId, leaseId: lease.id });
}

describe('what a person types into the console', () => {
  it('is proved by one login and is the next version, with the event of the person who typed it; nothing else in the secret changes', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const before = await payloadOf(at);
    await setAtPortal(at, NEW);
    await typed(at, { seed: 'JBSWY3DPEHPK3PXP' });
    const tries = (await triesOf(at)).length;
    await typing.setAll(signal);
    const { version } = await currentOf(at);
    expect(await payloadOf(at)).toEqual({ ...before, password: NEW, mfa_seed: 'JBSWY3DPEHPK3PXP' });
    expect((await triesOf(at)).length).toBe(tries + 1);
    expect(await actsOf(at)).toMatchObject([
      { state: 'done', code: null, words: expect.stringContaining(`Stored as version ${version}, which the portal accepts;`) as string },
    ]);
    expect(await opened.audit('secret.set', at.id)).toMatchObject([
      { actor: JANE, reason: 'read from the letter', details: { fields: ['password', 'mfa_seed'], proof: 'login' } },
    ]);
    expect(await keys()).toEqual([]);
  });

  it('changes nothing where the portal refuses it: one login was spent, and its page says so', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    const before = await currentOf(at);
    await typed(at, { password: 'not-it-by-a-letter' });
    const tries = (await triesOf(at)).length;
    await typing.setAll(signal);
    expect([(await currentOf(at)).version, (await triesOf(at)).slice(tries)]).toEqual([before.version, ['wrong']]);
    expect(await actsOf(at)).toMatchObject([
      { state: 'failed', code: 'login_rejected', words: expect.stringContaining('does not accept the typed password') as string },
    ]);
    expect(await opened.audit('secret.set', at.id)).toEqual([]);
    expect(JSON.stringify([await actsOf(at), await opened.sql('SELECT to_jsonb(t) FROM login_request t', [])])).not.toContain('not-it-by-a-letter');
  });

  it('is asked for by nobody while a rotation of the login is open, and stored by nobody where one has begun since', async () => {
    const [open, opens] = [await opened.testEnvironment.addEndpoint('alpine'), await opened.testEnvironment.addEndpoint('alpine')];
    await rotationOf(open);
    await ask(open);
    const id = await typed(opens);
    expect(await actsOf(open)).toMatchObject([{ state: 'failed', code: 'state_conflict' }]);
    expect(await keys()).toEqual([{ request_id: id }]);
    await rotationOf(opens);
    const before = await kept(opens);
    await typing.setAll(signal);
    expect([await kept(opens), (await actsOf(opens))[0]]).toMatchObject([before, { state: 'failed', code: 'state_conflict' }]);
  });

  it('is nothing to the process that comes after the one it was typed for: it ends, nothing is stored, and it may be asked for again', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    await setAtPortal(at, NEW);
    const before = await kept(at);
    await typed(at);
    const after = new TypedLogins(opened.rotator);
    await after.offer(signal);
    await after.setAll(signal);
    expect([await kept(at), (await actsOf(at))[0]?.state]).toEqual([before, 'waiting']);
    await opened.sql(
      `UPDATE login_typing SET offered_at = offered_at - interval '1 hour', open_until = open_until - interval '1 hour', typed_at = typed_at - interval '1 hour'`,
      [],
    );
    await after.offer(signal);
    expect([(await actsOf(at))[0]?.state, await keys()]).toEqual(['expired', []]);
    // And the one that it was typed for, if it only stood still, has it no more.
    await typing.setAll(signal);
    expect(await kept(at)).toEqual(before);
    typing = after;
    await typed(at);
    await after.setAll(signal);
    expect([(await payloadOf(at)).password, (await actsOf(at))[0]?.state]).toEqual([NEW, 'done']);
  });

  it('is given up at once by a process that ends, typed or not', async () => {
    const [one, other] = [await opened.testEnvironment.addEndpoint('alpine'), await opened.testEnvironment.addEndpoint('alpine')];
    await ask(one);
    await typed(other);
    await typing.leave();
    for (const at of [one, other])
      expect(await actsOf(at)).toMatchObject([{ state: 'failed', code: 'cancelled', words: expect.stringContaining('ask again') as string }]);
    expect(await keys()).toEqual([]);
    await typing.setAll(signal);
    expect(await opened.audit('secret.set', other.id)).toEqual([]);
  });

  it('is not stored late: whose request has ended while its process stood still does nothing any more, and spends no login', async () => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    await setAtPortal(at, NEW);
    const id = await typed(at);
    const busy = await exclusiveOf(at);
    const before = await kept(at);
    const setting = typing.setAll(signal);
    while ((await actsOf(at))[0]?.state !== 'under way') await new Promise((resolve) => setTimeout(resolve, 50));
    await opened.sql(`UPDATE login_request SET ended_at = clock_timestamp(), outcome = 'left' WHERE id = $1::uuid`, [id]);
    await releaseLease(opened.rotator.db, { orgId: at.orgId, leaseId: busy.id });
    await setting;
    expect([await kept(at), (await actsOf(at))[0]?.state]).toEqual([before, 'left']);
  });

  it.each<[string, (at: EnvironmentEndpoint) => Partial<TypingOf>]>([
    ['another login', () => ({ endpointId: 'another' })],
    ['another organization', () => ({ orgId: 'another' })],
    ['another request', () => ({ requestId: randomUUID() })],
    ['another person', () => ({ actor: `${JANE} says else` })],
  ])('and was sealed for %s opens nowhere', async (_, other) => {
    const at = await opened.testEnvironment.addEndpoint('alpine');
    await setAtPortal(at, NEW);
    const before = await kept(at);
    await typed(at, { other: other(at) });
    await typing.setAll(signal);
    expect([await kept(at), (await actsOf(at))[0]]).toMatchObject([before, { state: 'failed', code: 'input_invalid' }]);
  });

  it('is taken by one round of several, each login for itself', async () => {
    const logins = await Promise.all(Array.from({ length: 3 }, () => opened.testEnvironment.addEndpoint('alpine')));
    for (const at of logins) {
      await setAtPortal(at, `${NEW}-${at.id}`);
      await ask(at);
    }
    await typing.offer(signal);
    for (const at of logins) await type(at, (await actsOf(at))[0]?.id ?? '', { password: `${NEW}-${at.id}` });
    await Promise.all([typing.setAll(signal), typing.offer(signal), typing.setAll(signal), typing.setAll(signal), typing.setAll(signal)]);
    for (const at of logins) {
      expect([(await payloadOf(at)).password, (await actsOf(at))[0]?.state]).toEqual([`${NEW}-${at.id}`, 'done']);
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
  expect(await keys()).toHaveLength(16);
  const [given] = await opened.sql<{ id: string }>(`SELECT request_id::text AS id FROM login_typing LIMIT 1`, []);
  await opened.sql(`UPDATE login_request SET withdrawn_by = actor, withdrawal_reason = 'r' WHERE id = $1::uuid`, [given?.id]);
  expect(await keys()).toHaveLength(15);
  await typing.offer(signal);
  expect(await keys()).toHaveLength(16);
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
  await ask(at);
  await typing.offer(signal);
  expect([(await actsOf(at))[0], await keys()]).toMatchObject([
    { state: 'failed', code: 'state_conflict', words: expect.stringContaining('60 logins were set') as string },
    [],
  ]);
});
