import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEndpoint } from '../endpoints/read.ts';
import { Attempts } from '../journal/attempts.fixture.ts';
import { finishAttempt, promoteAttempt } from '../journal/ends.ts';
import { listNotifications } from '../notifications/outbox.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { markManualDue } from './due.ts';
import { claimManualLooks, noteManualVersion, recordManualRefusal, recordManualRotation } from './watch.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const attempts = new Attempts(() => t);
const setRotationMode = ({ endpointId }: TestEndpoint, mode: string) =>
  t.sql(
    `SET app.reason = 'a test'; UPDATE portal_type SET rotation_mode = '${mode}' WHERE code = (SELECT portal_type_code FROM integration_endpoint WHERE id = '${endpointId}'); RESET app.reason`,
  );
const byHand = () => makeEndpoint(t.db, { portal: { rotationMode: 'manual' } });
const claim = (endpoint: TestEndpoint, pendingMs = 60_000) =>
  claimManualLooks(t.rotator, { pendingMs, idleMs: 60_000, limit: 1000 }).then((all) => all.filter(({ endpointId }) => endpointId === endpoint.endpointId));
const change = (endpoint: TestEndpoint, version: string) => ({ ...endpoint, version, actor: 'rotator' });

describe('a login that a person rotates', () => {
  test('is one at a portal whose terms ask for a person, too; not one where nobody has decided, or nobody may log in', async () => {
    const undecided = { automation: null, termsVersion: null, termsDate: null, automationDecidedBy: null };
    const looked: string[] = [];
    for (const [name, portal] of Object.entries({ assisted: { automation: 'assisted' }, forbidden: { automation: 'forbidden' }, undecided } as const)) {
      const endpoint = await makeEndpoint(t.db, { portal: { code: `by-hand-${name}`, rotationMode: name === 'assisted' ? 'automatic' : 'manual', ...portal } });
      await t.sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '1 day' WHERE id = $1`, [endpoint.endpointId]);
      await markManualDue(t.rotator);
      const told = (await listNotifications(t.rotator, { limit: 1000 })).filter(({ endpointId }) => endpointId === endpoint.endpointId).map(({ kind }) => kind);
      looked.push(`${name}: ${(await claim(endpoint)).length} looks, told of ${told.join(' ') || 'nothing'}`);
    }
    expect(looked).toEqual(['assisted: 1 looks, told of manual_due', 'forbidden: 0 looks, told of nothing', 'undecided: 0 looks, told of nothing']);
  });

  test('is looked at by one of two that scan, and not again before its pause is over; sooner while it is due', async () => {
    const endpoint = await byHand();
    const claims = await Promise.all([claim(endpoint), claim(endpoint)]);
    expect(claims.flat()).toMatchObject([{ endpointId: endpoint.endpointId, knownVersion: '1', refusedVersion: null }]);
    expect(await claim(endpoint, 0)).toEqual([]);
    await t.sql(`UPDATE integration_endpoint SET rotation_status = 'pending' WHERE id = $1`, [endpoint.endpointId]);
    expect(await claim(endpoint, 0)).toHaveLength(1);
  });

  test('is recorded beside somebody who has it in hand and makes it due: neither ends the other', async () => {
    const endpoint = await byHand();
    await claim(endpoint);
    const waiting = () => t.sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
    const recorded = await t.db.transaction('every tenant', async (tx) => {
      await tx.$queryRaw`SELECT FROM integration_endpoint WHERE id = ${endpoint.endpointId} FOR NO KEY UPDATE`;
      const recording = recordManualRotation(t.rotator, { ...change(endpoint, '2'), known: '1', proof: 'login' }).catch((error: unknown) => String(error));
      await expect.poll(waiting, { timeout: 60_000 }).toHaveLength(1);
      await tx.$executeRaw`UPDATE integration_endpoint SET next_rotation_at = clock_timestamp() WHERE id = ${endpoint.endpointId}`;
      return { recording };
    });
    expect(await recorded.recording).toBe(true);
  });

  test('counts as rotated when the portal accepted what they stored, with an audit event; a refusal before it is forgotten', async () => {
    const endpoint = await byHand();
    await claim(endpoint);
    await recordManualRefusal(t.rotator, { ...change(endpoint, '2'), known: '1', detail: 'the portal demands a change first', isAskedAgain: false });
    expect(await recordManualRotation(t.rotator, { ...change(endpoint, '3'), known: '1', proof: 'login' })).toBe(true);
    const row = await findEndpoint(t.rotator, endpoint);
    expect(row).toMatchObject({ currentVersion: '3', rotationStatus: 'active', lastRotatedAt: expect.any(Date) });
    expect(row?.nextRotationAt?.getTime()).toBeGreaterThan(Date.now() + 50 * 86_400_000);
    expect(await t.sql(`SELECT known_version, refused_version FROM manual_watch WHERE endpoint_id = $1`, [endpoint.endpointId])).toEqual([
      { known_version: '3', refused_version: null },
    ]);
    expect(await t.sql(`SELECT action, details FROM audit_event WHERE subject = $1 AND action LIKE 'rotation.%'`, [endpoint.endpointId])).toEqual([
      { action: 'rotation.recorded', details: { version: '3' } },
    ]);
  });

  test('is not set back by one that stood still, and whose version was replaced and recorded meanwhile', async () => {
    const endpoint = await byHand();
    await claim(endpoint);
    expect(await recordManualRotation(t.rotator, { ...change(endpoint, '3'), known: '1', proof: 'login' })).toBe(true);
    const before = await findEndpoint(t.rotator, endpoint);
    expect(await recordManualRotation(t.rotator, { ...change(endpoint, '2'), known: '1', proof: 'login' })).toBe(false);
    expect(await findEndpoint(t.rotator, endpoint)).toEqual(before);
    expect(await t.sql(`SELECT details FROM audit_event WHERE subject = $1 AND action = 'rotation.recorded'`, [endpoint.endpointId])).toEqual([
      { details: { version: '3' } },
    ]);
  });

  test('is not called refused by one that stood still, once the same version was proved', async () => {
    const endpoint = await byHand();
    await claim(endpoint);
    await recordManualRotation(t.rotator, { ...change(endpoint, '2'), known: '1', proof: 'login' });
    for (const isAskedAgain of [true, false])
      await recordManualRefusal(t.rotator, { ...change(endpoint, '2'), known: '1', detail: 'the portal does not accept it', isAskedAgain });
    expect(await t.sql(`SELECT known_version, refused_version FROM manual_watch WHERE endpoint_id = $1`, [endpoint.endpointId])).toEqual([
      { known_version: '2', refused_version: null },
    ]);
    const told = (await listNotifications(t.rotator, { limit: 1000 })).filter(({ endpointId }) => endpointId === endpoint.endpointId);
    expect(told.map(({ kind }) => kind)).toEqual([]);
  });

  test('stays due where only another version is known: nobody rotated it, and a refusal before it is forgotten', async () => {
    const endpoint = await byHand();
    await claim(endpoint);
    await t.sql(`UPDATE integration_endpoint SET rotation_status = 'pending' WHERE id = $1`, [endpoint.endpointId]);
    const before = await findEndpoint(t.rotator, endpoint);
    await recordManualRefusal(t.rotator, { ...change(endpoint, '2'), known: '1', detail: 'the portal demands a change first', isAskedAgain: false });
    await noteManualVersion(t.rotator, { ...endpoint, version: '9', known: 'what was known to one that stood still' });
    await noteManualVersion(t.rotator, { ...endpoint, version: '3', known: '1' });
    expect(await claim(endpoint, 0)).toMatchObject([{ knownVersion: '3', refusedVersion: null }]);
    expect(await findEndpoint(t.rotator, endpoint)).toEqual(before);
    expect(await t.sql(`SELECT action FROM audit_event WHERE subject = $1 AND action LIKE 'rotation.%'`, [endpoint.endpointId])).toEqual([]);
  });

  test('stays as it is while a rotation of it is open', async () => {
    const endpoint = await byHand();
    await claim(endpoint);
    await plannedAttempt(t.db, endpoint);
    expect(await recordManualRotation(t.rotator, { ...change(endpoint, '2'), known: '1', proof: 'login' })).toBe(false);
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ currentVersion: '1', lastRotatedAt: null });
    expect(await t.sql(`SELECT action FROM audit_event WHERE subject = $1 AND action LIKE 'rotation.%'`, [endpoint.endpointId])).toEqual([]);
  });

  test('whose stored password was refused is remembered with that version, and people are told once', async () => {
    const endpoint = await byHand();
    await claim(endpoint);
    for (let i = 0; i < 2; i += 1)
      await recordManualRefusal(t.rotator, { ...change(endpoint, '2'), known: '1', detail: 'the portal demands a change first', isAskedAgain: false });
    await t.sql(`UPDATE manual_watch SET looked_at = '-infinity' WHERE endpoint_id = $1`, [endpoint.endpointId]);
    expect(await claim(endpoint)).toMatchObject([{ knownVersion: '1', refusedVersion: '2' }]);
    const told = (await listNotifications(t.rotator, { limit: 1000 })).filter(({ endpointId }) => endpointId === endpoint.endpointId);
    expect(told.map(({ kind }) => kind)).toEqual(['manual_refused']);
  });

  test('that a rotation changed while no person was to, is not taken for one that a person has changed', async () => {
    const attempt = await attempts.at('verified');
    const mode = (rotationMode: 'manual' | 'automatic') => setRotationMode(attempt, rotationMode);
    await mode('manual');
    await mode('automatic');
    const promoted = { ...attempt, promotedVersion: '2', previousVersion: '1' };
    expect(await promoteAttempt(t.rotator, promoted)).toBe(true);
    expect(await finishAttempt(t.rotator, { ...attempt, from: 'promoted', end: 'done' })).toBe(true);
    await mode('manual');
    expect(await claim(attempt)).toMatchObject([{ knownVersion: '2' }]);
  });
});
