import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parsePayload, withPassword } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { listLeases } from '@rcm/db/leases';
import type { PortalSession } from '@rcm/portal-drivers';
import { Secret, systemClock } from '@rcm/telemetry';
import { isLongForm, quickStartOf } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import { AgentVisits, ALPINES, codeOf, expectToAskWithin, ILLNESS_MS, LOCKOUT_WINDOW_MS, PROPAGATION_DELAY_MS } from './agent-visits.fixture.ts';
import { currentOf, rotateWithoutBrowser } from './rotated.fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let agent: AgentVisits;

beforeAll(async () => {
  agent = await AgentVisits.open();
});
afterAll(() => agent?.close());

describe('an agent that visits a portal', () => {
  // What one test's logins met says nothing about the portal to those of the next.
  beforeEach(() => agent.age(ILLNESS_MS));

  it('logs in once and keeps its session for the next task', async () => {
    const endpoint = agent.fresh();
    expect([await agent.visit(endpoint), await agent.visit(endpoint), await agent.visit(endpoint)]).toEqual(['visited', 'visited', 'visited']);
    expect(await agent.counts(endpoint)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
    expect(await listLeases(agent.environment.db)).toEqual([]);
  });

  it('logs in anew only once the session before has signed out', async () => {
    const endpoint = agent.fresh();
    const { sessions } = agent.access;
    await agent.visit(endpoint);
    const signedOut = Promise.withResolvers<void>();
    const kept = { loginAttemptId: randomUUID(), session: { close: () => signedOut.promise } as PortalSession };
    await sessions.keep(endpoint.id, 'another password', kept);
    const dropped = sessions.drop(endpoint.id);
    const ended: string[] = [];
    const visited = agent.visit(endpoint).then((value) => ended.push(value));
    // A login takes half a second.
    await pause(2_000);
    ended.push('signed out');
    signedOut.resolve();
    await Promise.all([dropped, visited]);
    expect(ended).toEqual(['signed out', 'visited']);
    expect(await agent.counts(endpoint)).toMatchObject({ loginsAccepted: 2, loginsRejected: 0 });
  });

  it('does what the example in the README does', async () => {
    const { example } = (await quickStartOf(`${import.meta.dirname}/..`)) as { example: (...args: unknown[]) => Promise<string> };
    const endpoint = agent.fresh();
    expect(await example(agent.access, endpoint.orgId, endpoint.id, 'CLM-1001')).toBe('found');
    expect(await agent.counts(endpoint)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
  });

  it('works by the recipe as it is now, also where a session is kept', async () => {
    const endpoint = agent.fresh();
    await agent.visit(endpoint);
    await agent.environment.db.transaction('every tenant', async (tx) => {
      await tx.$executeRaw`SELECT set_config('app.reason', 'a test', true)`;
      await tx.$executeRaw`UPDATE portal_type SET recipe = jsonb_set(recipe, '{tasks,second_look}', (recipe->'tasks'->'claim_status') - 'contract') WHERE code = 'alpine'`;
    });
    const place = { orgId: endpoint.orgId, endpointId: endpoint.id, holder: 'test-agent', signal: new AbortController().signal };
    const outcome = await withAgentSession(agent.access, place, async (session, signal) => ({
      value: await session.runTask({ name: 'second_look', input: { claim_number: 'CLM-1001' }, deadlineMs: 30_000, signal }),
      session: 'keep',
    }));
    expect(outcome).toMatchObject({ kind: 'found' });
  });

  it('lets a refused password cool down where others get in, an hour, then a day, and says until when', async () => {
    const [endpoint, other] = [agent.fresh(), agent.fresh()];
    await agent.changeByHand(endpoint, 'Changed-by-hand-1', false);
    await agent.somebodyGetsIn(other);
    expect(await codeOf(agent.visit(endpoint))).toBe('login_rejected');
    // Not sent again before its cool-down is over.
    expect([await codeOf(agent.visit(endpoint)), await codeOf(agent.visit(endpoint))]).toEqual(['login_rejected', 'login_rejected']);
    await expectToAskWithin(agent.visit(endpoint), 0, HOUR_MS);
    expect(await agent.counts(endpoint)).toMatchObject({ loginsRejected: 1, locked: false });

    await agent.age(HOUR_MS);
    await agent.somebodyGetsIn(other);
    expect(await codeOf(agent.visit(endpoint))).toBe('login_rejected');
    await expectToAskWithin(agent.visit(endpoint), HOUR_MS, DAY_MS);
    await agent.age(HOUR_MS);
    expect(await codeOf(agent.visit(endpoint))).toBe('login_rejected');
    expect(await agent.counts(endpoint)).toMatchObject({ loginsRejected: 2, locked: false });
    expect(await agent.isSearched(endpoint)).toBe(true);
  });

  it('lets a refused password cool down where nobody else gets in, and works with it again after the cool-down', async () => {
    const endpoint = agent.fresh();
    const { password } = parsePayload((await currentOf(agent.environment, endpoint)).text).reveal();
    await agent.changeByHand(endpoint, 'Changed-by-hand-2', false);
    expect(await codeOf(agent.visit(endpoint))).toBe('portal_unexpected');
    expect(await codeOf(agent.visit(endpoint))).toBe('login_not_allowed');
    await expectToAskWithin(agent.visit(endpoint), 0, PROPAGATION_DELAY_MS);
    await agent.age(LOCKOUT_WINDOW_MS);
    expect(await codeOf(agent.visit(endpoint))).toBe('portal_unexpected');
    await agent.age(LOCKOUT_WINDOW_MS);
    expect(await codeOf(agent.visit(endpoint))).toBe('login_not_allowed');
    await expectToAskWithin(agent.visit(endpoint), 0, HOUR_MS);
    expect(await agent.counts(endpoint)).toMatchObject({ loginsRejected: 2, locked: false });

    await agent.changeByHand(endpoint, password, false);
    await agent.age(HOUR_MS);
    expect(await agent.visit(endpoint)).toBe('visited');
  });

  it('follows a person who changed portal and store, at the cost of one try', async () => {
    const endpoint = agent.fresh();
    await agent.visit(endpoint);
    await agent.access.sessions.drop(endpoint.id);
    await agent.changeByHand(endpoint, 'Changed-by-hand-3', true);
    expect(await agent.visit(endpoint)).toBe('visited');
    expect(await agent.counts(endpoint)).toMatchObject({ loginsRejected: 1, locked: false });
    const row = await getEndpoint(agent.environment.db, { orgId: endpoint.orgId, endpointId: endpoint.id });
    expect(row?.currentVersion).toBe('2');
  });

  it('calls nobody’s password bad while the portal calls everybody’s wrong, those never used before among them', async () => {
    // On a change as many as make a portal suspect, of which one was used before.
    const refused = Array.from({ length: isLongForm() ? 4 : 3 }, () => agent.fresh());
    for (const endpoint of refused.slice(0, isLongForm() ? 2 : 1)) {
      await agent.visit(endpoint);
      await agent.access.sessions.drop(endpoint.id);
    }
    await agent.age(ILLNESS_MS);
    await agent.environment.portals.setHabits('alpine', { closedSaysWrong: true });
    for (let round = 0; round < (isLongForm() ? 3 : 2); round += 1) {
      for (const endpoint of refused) expect(await codeOf(agent.visit(endpoint))).toBe('portal_unexpected');
      await agent.age(HOUR_MS);
    }
    await agent.environment.portals.setHabits('alpine', { closedSaysWrong: false });
    for (const endpoint of refused) expect(await codeOf(agent.visit(endpoint))).toBe('none');
  });

  it('works again by itself where a person has locked an account of a portal with one text for wrong and locked', async () => {
    const [endpoint, other] = [agent.environment.endpoint(`cascade-${ALPINES + 1}`), agent.environment.endpoint(`cascade-${ALPINES + 2}`)];
    await agent.visit(endpoint);
    await agent.access.sessions.drop(endpoint.id);
    await agent.environment.portals.mistype(endpoint, 3);
    expect(await codeOf(agent.visit(endpoint))).toBe('portal_unexpected');
    await agent.age(LOCKOUT_WINDOW_MS);
    await agent.somebodyGetsIn(other);
    expect(await codeOf(agent.visit(endpoint))).toBe('login_rejected');
    await agent.environment.portals.unlock(endpoint);
    await agent.age(HOUR_MS);
    expect(await codeOf(agent.visit(endpoint))).toBe('none');
    const { tries } = await agent.environment.portals.history(endpoint);
    expect(tries.filter(({ locks }) => locks).map(({ by }) => by)).toEqual(['person']);
  });

  it('says of a locked account until when it is locked, and asks no more', async () => {
    const endpoint = agent.fresh();
    await agent.environment.portals.mistype(endpoint, 3);
    expect(await codeOf(agent.visit(endpoint))).toBe('login_locked');
    expect(await codeOf(agent.visit(endpoint))).toBe('login_locked');
    await expectToAskWithin(agent.visit(endpoint), 0, LOCKOUT_WINDOW_MS);
    expect((await agent.environment.portals.history(endpoint)).tries.filter(({ by }) => by === 'visitor')).toHaveLength(1);
  });

  it('does not try what was saved over a rotation from an older copy, and has it searched for', async () => {
    const endpoint = agent.fresh();
    await rotateWithoutBrowser(agent.environment, endpoint, 'First-rotation-1');
    const opened = parsePayload((await currentOf(agent.environment, endpoint)).text).reveal();
    await rotateWithoutBrowser(agent.environment, endpoint, 'Second-rotation-2');
    await agent.edit(endpoint, () => ({ ...opened, note: 'written by a person' }));
    await expect(agent.visit(endpoint)).rejects.toMatchObject({ code: 'login_not_allowed', details: { reason: 'saved_from_old_copy' } });
    await expect(agent.visit(endpoint)).rejects.toMatchObject({ code: 'login_not_allowed' });
    expect(await agent.counts(endpoint)).toMatchObject({ loginsRejected: 0, loginsAccepted: 0 });
    expect(await agent.isSearched(endpoint)).toBe(true);
  });

  it('does not try a secret that names another account, and has it searched for', async () => {
    const [endpoint, other] = [agent.fresh(), agent.fresh()];
    await agent.edit(endpoint, (payload) => ({ ...payload, username: other.username }));
    await expect(agent.visit(endpoint)).rejects.toMatchObject({ code: 'login_not_allowed', details: { reason: 'other_account' } });
    for (const account of [endpoint, other]) expect(await agent.counts(account)).toMatchObject({ loginsRejected: 0, loginsAccepted: 0 });
    expect(await agent.isSearched(endpoint)).toBe(true);
  });

  it('lets a login cool down for one lockout window where a rotation made the secret that the journal has forgotten', async () => {
    const endpoint = agent.fresh();
    await agent.edit(endpoint, (payload) =>
      withPassword(new Secret(payload), { password: new Secret(payload.password), attemptId: randomUUID(), counter: 1, now: new Date() }).reveal(),
    );
    expect([await codeOf(agent.visit(endpoint)), await codeOf(agent.visit(endpoint))]).toEqual(['login_not_allowed', 'login_not_allowed']);
    expect((await agent.counts(endpoint)).loginsAccepted).toBe(0);
    await agent.age(LOCKOUT_WINDOW_MS);
    expect(await codeOf(agent.visit(endpoint))).toBe('none');
  });

  it('finds no endpoint of another organization', async () => {
    const endpoint = agent.fresh();
    expect(await codeOf(agent.visit(endpoint, 'hospital-two'))).toBe('endpoint_unknown');
    expect((await agent.counts(endpoint)).loginsAccepted).toBe(0);
  });

  it('stops its work when the lease is lost, and closes the session', async () => {
    const endpoint = agent.fresh();
    const stop = new AbortController();
    const visiting = withAgentSession(
      agent.access,
      { orgId: endpoint.orgId, endpointId: endpoint.id, holder: 'test-agent', signal: stop.signal },
      async (_session, signal) => {
        stop.abort();
        await systemClock.sleep(60_000, signal);
        return { value: 'visited', session: 'keep' };
      },
    );
    expect(await codeOf(visiting)).toBe('cancelled');
    expect(await listLeases(agent.environment.db)).toEqual([]);
    expect(agent.access.sessions.size).toBeGreaterThanOrEqual(0);
  });
});
