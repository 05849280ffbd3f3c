import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { makeEndpoint, openTestDatabase, PORTAL, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { findBrokenAuditEvent, recordAuditEvent } from './record.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

interface Event extends Record<string, unknown> {
  readonly actor: string;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
}
const events = (orgId: string, action: string) =>
  t.sql<Event>('SELECT actor, reason, details FROM audit_event WHERE org_id = $1 AND action = $2 ORDER BY seq', [orgId, action]);
/** Statements of one transaction, as whoever owns the tables sends them. */
const byHand = (...statements: string[]) =>
  t.sql(`BEGIN; ${statements.join('; ')}; COMMIT`).catch(async (error: unknown) => {
    await t.sql('ROLLBACK');
    throw error;
  });
const saying = (actor: string, reason: string) => `SELECT set_config('app.actor', '${actor}', true), set_config('app.reason', '${reason}', true)`;

describe('an event of a person', () => {
  const act = (actor: string, reason = 'support asked') => ({ orgId: 'org', actor, action: 'noun.verb', subject: 's', reason, details: { a: 1 } });
  beforeAll(() => upsertOrganization(t.db, { id: 'org', name: 'org' }));

  test('says beside them what Postgres knows of the session', async () => {
    await recordAuditEvent(t.rotator, act('person:os:root@host says the-ceo'));
    const [event] = await events('org', 'noun.verb');
    expect(event).toMatchObject({
      actor: 'person:os:root@host says the-ceo',
      reason: 'support asked',
      details: { a: 1, signedIn: { login: expect.stringContaining('rcm_rotator') } },
    });
    expect(await findBrokenAuditEvent(t.db, { orgId: 'org' })).toBeNull();
  });

  test.each([
    'person:oidc:https://i.example/#jane',
    'person:oidc:http://127.0.0.1:9/#a%20b says the-ceo',
    'person:sts:arn:aws:sts::123456789012:assumed-role/Ops/jane',
  ])('may be signed in as %s', async (actor) => {
    await recordAuditEvent(t.rotator, act(actor));
    expect((await events('org', 'noun.verb')).at(-1)).toMatchObject({ actor });
  });

  test.each([
    'person:the-ceo',
    'person:os:',
    'person:os:a b',
    'person:oidc:x',
    'person:oidc:https://i.example/#',
    'person:oidc:https://i.example/#a#b',
    'person:oidc:ftp://i.example/#a',
    'person:os:a says ',
    'person:os:a says b\nc',
    `person:os:${'a'.repeat(700)}`,
  ])('is refused where what signed them in is not said: %j', async (actor) => {
    await expect(recordAuditEvent(t.rotator, act(actor))).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('is refused without a reason, for another tenant, and to an agent', async () => {
    await expect(recordAuditEvent(t.rotator, act('person:os:jane', ' '))).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(recordAuditEvent(t.agent, act('person:os:jane'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    const forAnother = t.rotator.transaction(
      { tenant: 'another' },
      (tx) => tx.$executeRaw`SELECT rcm_record_person('org', 'person:os:jane', 'a', 'b', 'c', '{}')`,
    );
    await expect(forAnother).rejects.toMatchObject({ code: 'database_failed' });
  });
});

describe('where passwords are typed', () => {
  let one: TestEndpoint;
  let two: TestEndpoint;
  let code: string;
  beforeAll(async () => {
    one = await makeEndpoint(t.db, { portal: { hosts: ['a.example', 'b.example'] } });
    code = (await t.sql<{ code: string }>('SELECT portal_type_code AS code FROM integration_endpoint WHERE id = $1', [one.endpointId]))[0]?.code ?? '';
    two = await makeEndpoint(t.db, { portal: { code, hosts: ['a.example', 'b.example'] } });
  });
  const moved = `UPDATE integration_endpoint SET base_url = 'https://b.example/x'`;

  test('is not changed without a reason, by whatever way', async () => {
    const before = await events(one.orgId, 'endpoint.changed');
    await expect(byHand(`${moved} WHERE id = '${one.endpointId}'`)).rejects.toMatchObject({ constraint: 'integration_endpoint_change_has_reason' });
    await expect(byHand(`UPDATE portal_type SET hosts = hosts || '{c.example}' WHERE code = '${code}'`)).rejects.toMatchObject({
      constraint: 'portal_type_change_has_reason',
    });
    const asked = upsertPortalType(t.db, { ...PORTAL, code, hosts: ['a.example', 'b.example', 'c.example'] });
    await expect(asked).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await events(one.orgId, 'endpoint.changed')).toEqual(before);
    expect(await events(one.orgId, 'portal_type.changed')).toEqual([]);
  });

  test('is told of by the change itself: an endpoint that is moved by hand, by the login that moves it', async () => {
    await byHand(saying('the-ceo', 'the portal has moved'), `${moved} WHERE id = '${one.endpointId}'`);
    const [made, change] = await events(one.orgId, 'endpoint.changed');
    expect(made).toMatchObject({ details: { change: 'insert' } });
    expect(change).toMatchObject({
      actor: 'sql:postgres',
      reason: 'the portal has moved',
      details: { change: 'update', changed: { base_url: { before: 'https://a.example/', after: 'https://b.example/x' } }, signedIn: { login: 'postgres' } },
    });
  });

  test('is told of to every organization that uses the portal, with hosts in plain and the recipe by its hash', async () => {
    const act = { actor: 'person:os:root@host says jane', reason: 'a new sign-in host' };
    await upsertPortalType(t.db, { ...PORTAL, code, hosts: ['a.example', 'b.example', 'c.example'], recipe: { login: [], note: 'canary' } }, act);
    for (const { orgId } of [one, two]) {
      const [event, ...more] = await events(orgId, 'portal_type.changed');
      expect(more).toEqual([]);
      expect(event).toMatchObject({
        ...act,
        details: { changed: { hosts: { before: ['a.example', 'b.example'], after: ['a.example', 'b.example', 'c.example'] } } },
      });
      expect(JSON.stringify(event)).not.toContain('canary');
      expect((event?.details.changed as { recipe: { after: string } }).recipe.after).toMatch(/^[0-9a-f]{64}$/);
      expect(await findBrokenAuditEvent(t.db, { orgId })).toBeNull();
    }
  });

  test('a portal type that is saved as it was is no change; a limit that is changed is told of without a reason', async () => {
    const same = { ...PORTAL, code, hosts: ['a.example', 'b.example', 'c.example'], recipe: { login: [], note: 'canary' } };
    await upsertPortalType(t.db, same);
    expect(await events(one.orgId, 'portal_type.changed')).toHaveLength(1);
    await upsertPortalType(t.db, { ...same, lockoutMargin: 2 });
    expect((await events(one.orgId, 'portal_type.changed')).at(-1)).toMatchObject({
      actor: 'sql:postgres',
      reason: 'not said',
      details: { changed: { lockout_margin: { before: 1, after: 2 } } },
    });
  });

  test('an endpoint that is added or taken away is told of', async () => {
    await insertEndpoint(t.db, { id: 'short-lived', orgId: one.orgId, portalTypeCode: code, accountId: 'x', baseUrl: 'https://c.example/' });
    await byHand(`DELETE FROM integration_endpoint WHERE id = 'short-lived'`);
    const told = (await events(one.orgId, 'endpoint.changed')).slice(-2);
    expect(told).toMatchObject([
      { details: { change: 'insert', changed: { base_url: { after: 'https://c.example/' } } } },
      { details: { change: 'delete', changed: { base_url: { before: 'https://c.example/' } } } },
    ]);
  });

  test('nothing is changed where it cannot be told of', async () => {
    await t.sql('REVOKE INSERT ON audit_event FROM rcm_internal');
    await expect(byHand(saying('', 'why'), `${moved} WHERE id = '${two.endpointId}'`)).rejects.toMatchObject({ code: '42501' });
    await t.sql('GRANT INSERT ON audit_event TO rcm_internal');
    expect(await t.sql('SELECT base_url FROM integration_endpoint WHERE id = $1', [two.endpointId])).toEqual([{ base_url: 'https://a.example/' }]);
  });
});
