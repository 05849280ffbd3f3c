import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, secretPath, serializePayload } from '@rcm/credentials';
import { insertEndpoint } from '@rcm/db/admin';
import type { HeldLease } from '@rcm/db/holding';
import { migratedEndpoint } from '@rcm/portal-access';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { foundOf } from './candidate.ts';
import { candidates, type CandidateSources } from './candidates.ts';
import { abandoned } from './journal-rows.fixture.ts';
import { loginInHand } from './login-in-hand.ts';
import { storedPrints } from './stored-prints.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: ['alpine'] })));
afterAll(() => opened?.close());

/** Ids in an order that says nothing of their age. */
const named = (letter: string): string => randomUUID().replace(/^./, letter);

it.each(['ssm', 'secrets-manager', 'vault'] as const)(
  'older copies come from the newest, by the journal, whatever order the store has them in (%s)',
  async (backend) => {
    const { testEnvironment, rotator, sql } = opened;
    const { id, orgId, secretArn, loginIdentity, portal } = await testEnvironment.addEndpoint('alpine', backend);
    const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
    // Of a lease only its signal is asked here: nothing is written.
    const login = loginInHand(rotator, endpoint, { signal: new AbortController().signal } as HeldLease);
    const current = await login.store.read(login.reference);
    if (!current) throw new Error('no secret');
    const [oldest, unsubmitted, newest, forgotten] = [named('b'), named('a'), named('d'), named('c')];
    for (const [index, attemptId] of [newest, oldest, unsubmitted, forgotten].entries()) {
      const text = serializePayload(
        parsePayload(current.text).map((payload) => ({
          ...payload,
          password: `Copy-${index}!`,
          metadata: { ...payload.metadata, rotation_attempt_id: attemptId },
        })),
      );
      await login.store.stage(login.slotOf(attemptId), text);
    }
    const journal = async (attemptId: string, daysAgo: number, submitted: boolean) =>
      sql(
        `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash,
                                     journal_version, submit_deadline_at, created_at, updated_at, ended_at)
       SELECT $1::uuid, $2, $3, $4, $5, 'abandoned', 1, 'test', 'due', $6, $7, 'h', 1, CASE WHEN $9::boolean THEN at END, at, at, at
         FROM (SELECT clock_timestamp() - make_interval(days => $8::int) AS at) AS ago`,
        [attemptId, loginIdentity, orgId, id, portal, secretArn, current.version, daysAgo, submitted],
      );
    await journal(oldest, 9, true);
    await journal(unsubmitted, 5, false);
    await journal(newest, 2, true);
    const cutting = named('e');
    await login.store.stage(
      login.slotOf(cutting),
      serializePayload(
        parsePayload(current.text).map((payload) => ({
          ...payload,
          password: 'Copy-that-was-cut!',
          metadata: { ...payload.metadata, rotation_attempt_id: cutting },
        })),
      ),
    );
    await journal(cutting, 12, true);
    await sql(`UPDATE rotation_attempt SET state = 'done', found = 'staged/12', promoted_version = '2', previous_version = base_version WHERE id = $1::uuid`, [
      cutting,
    ]);

    const order: string[] = [];
    for await (const { name } of candidates(login, { db: rotator.db, current, ownAttemptId: null }))
      if (name.kind === 'copy' && (name.first === undefined || name.of === cutting)) order.push(foundOf(name, ''));
    // The first one that was submitted, as far as is known, is tried before what was accepted; then all in their order. What a portal was found to have kept of one comes with it.
    expect(order).toEqual([
      ...[forgotten, forgotten, newest, unsubmitted, oldest].map((attemptId) => `copy:${attemptId}`),
      `copy:${cutting}/12`,
      `copy:${cutting}`,
    ]);
  },
);

it.each(['ssm', 'secrets-manager', 'vault'] as const)(
  'what a person wrote over before anybody had tried it comes after the copies, before what a portal may have cut (%s)',
  async (backend) => {
    const { testEnvironment, rotator } = opened;
    const { id, orgId } = await testEnvironment.addEndpoint('alpine', backend);
    const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
    const login = loginInHand(rotator, endpoint, { signal: new AbortController().signal } as HeldLease);
    const saved = async (password: string) => {
      const found = await login.store.read(login.reference);
      if (!found) throw new Error('no secret');
      const text = serializePayload(parsePayload(found.text).map((payload) => ({ ...payload, password })));
      return { ...(await login.store.replace(login.reference, text, found.version)), text };
    };
    const attemptId = named('a');
    const first = await saved('First-saved-14!');
    await login.store.stage(login.slotOf(attemptId), first.text);
    const second = await saved('Second-saved-15!');

    const order: string[] = [];
    const passwords: string[] = [];
    for await (const { name, password } of candidates(login, { db: rotator.db, current: await login.store.read(login.reference), ownAttemptId: attemptId })) {
      order.push(name.first === undefined ? foundOf(name, attemptId) : 'cut');
      passwords.push(password.reveal());
    }
    const unsent: string[] = [];
    const sources = { db: rotator.db, current: await login.store.read(login.reference), ownAttemptId: attemptId, ownIsUnsent: true };
    for await (const { name } of candidates(login, sources)) unsent.push(name.first === undefined ? foundOf(name, attemptId) : 'cut');
    // Nobody can accept what was never let out, as it is or cut.
    expect(unsent).toEqual(order.filter((name) => name !== 'staged' && name !== 'cut'));
    const history = order.filter((name) => name.startsWith('version:'));
    expect(order.slice(0, 2)).toEqual(['staged', 'current:']);
    expect(history[0]).toBe(`version:${first.version}`);
    expect(passwords[order.indexOf(`version:${first.version}`)]).toBe('First-saved-14!');
    expect(order.indexOf('cut')).toBe(2 + history.length);
    expect(order).not.toContain(`version:${second.version}`);
  },
);

it('what is no payload is passed over, wherever a person saved it: in an earlier version, as a copy, in another secret of the account', async () => {
  const { testEnvironment, rotator, sql } = opened;
  const [own, twin] = [await testEnvironment.addEndpoint('alpine', 'vault'), await testEnvironment.addEndpoint('alpine', 'vault')];
  await sql(`UPDATE integration_endpoint SET login_identity = $1 WHERE id = $2`, [own.loginIdentity, twin.id]);
  const endpoint = await migratedEndpoint(rotator.db, { orgId: own.orgId, endpointId: own.id });
  const login = loginInHand(rotator, endpoint, { signal: new AbortController().signal } as HeldLease);
  const first = await login.store.read(login.reference);
  if (!first) throw new Error('no secret');
  const plainly = { username: 'billing', password: 'Saved-by-hand-16!' };
  await testEnvironment.vault.save(secretPath(login.reference), plainly);
  await testEnvironment.vault.save(secretPath(login.reference), { payload: first.text.map((text) => text.replace('{', '{ ')).reveal() });
  const attemptId = named('a');
  await testEnvironment.vault.save(`${secretPath(login.reference).replace('/endpoints/', '/rotation/')}/${attemptId}`, plainly);
  await testEnvironment.vault.save(secretPath(parseReference(twin.secretArn)), plainly);

  const order: string[] = [];
  for await (const { name } of candidates(login, { db: rotator.db, current: await login.store.read(login.reference), ownAttemptId: null }))
    order.push(foundOf(name, ''));
  expect(await login.store.listStaged(login.reference)).toEqual([attemptId]);
  expect(order).toEqual(['current:', `version:${first.version}`]);
  // Neither does it stand in the way of whoever asks what the ledger knows the stored passwords by.
  expect(await storedPrints(rotator, login)).toHaveLength(1);
});

it('what lies in a place that this deployment has no more is passed over, and told', async () => {
  const { testEnvironment, rotator } = opened;
  const own = await testEnvironment.addEndpoint('alpine');
  const endpoint = await migratedEndpoint(rotator.db, { orgId: own.orgId, endpointId: own.id });
  const login = loginInHand(rotator, endpoint, { signal: new AbortController().signal } as HeldLease);
  const closed = own.secretArn.replace(/:\d{12}:/, ':999999999999:');
  await abandoned(opened, login, { attemptId: named('a'), secretArn: closed });
  const sources = { db: rotator.db, current: await login.store.read(login.reference), ownAttemptId: null };
  const all = async (onUnread?: CandidateSources['onUnread']) => {
    const order: string[] = [];
    for await (const { name } of candidates(login, { ...sources, onUnread })) order.push(foundOf(name, ''));
    return order;
  };
  const told: string[] = [];
  expect(await all((name, { code }) => told.push(`${name.kind} ${code}`))).toEqual(['current:']);
  expect(told).toContain('copy reference_not_yours');
  await expect(all()).rejects.toMatchObject({ code: 'reference_not_yours' });
  expect(await storedPrints(rotator, login)).toHaveLength(1);
});

it('what is current in the account’s other secrets of the organization comes after current, each once; another account’s and another organization’s never', async () => {
  const { testEnvironment, rotator, sql } = opened;
  const [own, twin, sharer, stranger] = [
    await testEnvironment.addEndpoint('alpine', 'vault'),
    await testEnvironment.addEndpoint('alpine'),
    await testEnvironment.addEndpoint('alpine'),
    await testEnvironment.addEndpoint('alpine'),
  ];
  await sql(`INSERT INTO organization (id, name) VALUES ('hospital-two', 'Hospital Two')`, []);
  const endpoint = await migratedEndpoint(rotator.db, { orgId: own.orgId, endpointId: own.id });
  const { baseUrl } = endpoint;
  await insertEndpoint(testEnvironment.db, { id: 'alpine-foreign', orgId: 'hospital-two', portalTypeCode: 'alpine', accountId: 'foreign', baseUrl });
  await sql(`UPDATE integration_endpoint SET secret_arn = replace($1, $2, 'hospital-two'), current_version = '1' WHERE id = 'alpine-foreign'`, [
    stranger.secretArn,
    stranger.orgId,
  ]);
  await sql(`UPDATE integration_endpoint SET login_identity = $1 WHERE id = ANY ($2::text[])`, [own.loginIdentity, [twin.id, sharer.id, 'alpine-foreign']]);
  await sql(`UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2`, [twin.secretArn, sharer.id]);
  const login = loginInHand(rotator, endpoint, { signal: new AbortController().signal } as HeldLease);
  const order: string[] = [];
  for await (const { name } of candidates(login, { db: rotator.db, current: await login.store.read(login.reference), ownAttemptId: null }))
    order.push(foundOf(name, ''));
  const first = `elsewhere:${[twin.id, sharer.id].sort()[0]}`;
  expect(order.slice(0, 2)).toEqual(['current:', first]);
  expect(order.filter((name) => name.startsWith('elsewhere:'))).toEqual([first]);
  expect(order.join(' ')).not.toContain(stranger.id);
});

it('more copies than are tried, none of which was submitted, push out none that may have been', async () => {
  const { testEnvironment, rotator } = opened;
  const { id, orgId, secretArn } = await testEnvironment.addEndpoint('alpine', 'vault');
  const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
  const login = loginInHand(rotator, endpoint, { signal: new AbortController().signal } as HeldLease);
  const current = await login.store.read(login.reference);
  if (!current) throw new Error('no secret');
  const leave = async (daysAgo: number, more: { readonly wasSubmitted?: boolean; readonly reason?: 'restored' } = {}): Promise<string> => {
    const attemptId = randomUUID();
    await login.store.stage(login.slotOf(attemptId), current.text);
    await abandoned(opened, login, { attemptId, secretArn, daysAgo, ...more });
    return attemptId;
  };
  const submitted = await leave(20, { wasSubmitted: true });
  const restored = await leave(18, { reason: 'restored' });
  const unsent: string[] = [];
  for (let daysAgo = 15; daysAgo > 0; daysAgo -= 1) unsent.unshift(await leave(daysAgo));

  const order: string[] = [];
  for await (const { name } of candidates(login, { db: rotator.db, current, ownAttemptId: null }))
    if (name.kind === 'copy' && name.first === undefined) order.push(name.of);
  // What the database had forgotten may have been submitted, too. The newest of the two comes before the others, and once more where its age places it.
  expect(order).toEqual([restored, ...unsent.slice(0, 12), restored, submitted]);
});
