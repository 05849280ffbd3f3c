import { randomUUID } from 'node:crypto';
import { parsePayload, serializePayload } from '@rcm/credentials';
import type { Secret } from '@rcm/telemetry';
import { accountOf, migratedEndpoint } from '@rcm/portal-access';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withExclusiveLease } from '../exclusive.ts';
import { openRotatorWorld, type RotatorWorld } from '../testing.fixture.ts';
import { foundOf } from './candidate.ts';
import { findAccepted, type Search } from './find-accepted.ts';
import { loginInHand } from './login-in-hand.ts';

/** No login of this test makes it long enough for a pause to end by itself. */
const WINDOW_MS = 3_600_000;

let opened: RotatorWorld;
beforeAll(async () => {
  opened = await openRotatorWorld({ endpoints: [], lockoutWindowMs: WINDOW_MS, portalType: { lockoutWindowSeconds: WINDOW_MS / 1_000 } });
});
afterAll(() => opened?.close());

/**
 * After a change: the staged password and the current one were refused twice hours ago, and a third one, which lies in the store's history, a moment ago. By now the
 * portal accepts the staged one.
 */
async function search(asksTwice: Search['asksTwice']) {
  const { world, rotator, sql } = opened;
  const { id, orgId, secretArn, portal, username, loginIdentity } = await world.addEndpoint('alpine');
  const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
  const attemptId = randomUUID();
  const answer = await withExclusiveLease(rotator, endpoint, new AbortController().signal, async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const saved = async (password: string | null) => {
      const found = await login.store.read(login.reference);
      if (!found) throw new Error('no secret');
      const text = serializePayload(parsePayload(found.text).map((payload) => (password === null ? payload : { ...payload, password })));
      const version = password === null ? found.version : (await login.store.replace(login.reference, text, found.version)).version;
      return { text, version, print: printOf(text) };
    };
    const printOf = (text: Secret<string>, first = 100) =>
      accountOf(
        rotator.keys,
        endpoint,
        parsePayload(text).map((payload) => ({ ...payload, password: payload.password.slice(0, first) })),
      ).fingerprints[0];
    const accepted = await saved(null);
    await login.store.stage(login.slotOf(attemptId), accepted.text);
    const between = await saved('Stored-between-1!');
    const current = await saved('Stored-last-2!');
    await sql(
      `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash,
                                     journal_version, submit_deadline_at, created_at, updated_at)
       VALUES ($1::uuid, $2, $3, $4, $5, 'submitting', $6::bigint, $7, 'due', $8, $9, 'h', 1, now(), now(), now())`,
      [attemptId, loginIdentity, orgId, id, portal, String(held.lease.fence), rotator.owner, secretArn, current.version],
    );
    const refused = (version: string, print: string | undefined, minutesAgo: number) =>
      sql(
        `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect)
         SELECT $1, $2, $3, $4::uuid, 'rotator', $5, $6, at, at, 'rejected', 'provisional' FROM (SELECT now() - make_interval(mins => $7::int) AS at) AS ago`,
        [loginIdentity, orgId, id, held.lease.id, version, print, minutesAgo],
      );
    for (const minutesAgo of [200, 100]) {
      await refused(`staged:${attemptId}`, accepted.print, minutesAgo);
      await refused(current.version, current.print, minutesAgo);
    }
    // What a portal would have kept that cuts.
    for (let first = 4; first < parsePayload(accepted.text).reveal().password.length; first += 1)
      await refused(`staged:${attemptId}/${first}`, printOf(accepted.text, first), 100);
    // What was refused before counts no more, so that the budget is no reason to ask for nothing.
    await sql(
      `INSERT INTO login_clearance (login_identity, org_id, endpoint_id, kind, actor, reason, at) VALUES ($1, $2, $3, 'unlocked', 'person:os:test', 'test', now() - interval '50 minutes')`,
      [loginIdentity, orgId, id],
    );
    await refused(between.version, between.print, 0);
    const found = await findAccepted({ services: rotator, login, attemptId, since: new Date(Date.now() - 300 * 60_000), asksTwice });
    return found.kind === 'found' ? foundOf(found.candidate.name, attemptId) : found.kind;
  });
  const { loginsAccepted, loginsRejected } = await world.portals.account(portal, username);
  return { answer, loginsAccepted, loginsRejected };
}

it('a search after a change that waits for one password asks again for the staged one: an ill portal may have refused it', async () => {
  expect(await search('everything')).toEqual({ answer: 'staged', loginsAccepted: 1, loginsRejected: 0 });
});

it('nor is it asked for again where no time makes the portal forget a failure', async () => {
  const window = (seconds: number | null) => opened.sql(`UPDATE portal_type SET lockout_window_seconds = $1::int WHERE code = 'alpine'`, [seconds]);
  await window(null);
  try {
    expect(await search('everything')).toMatchObject({ loginsAccepted: 0 });
  } finally {
    await window(WINDOW_MS / 1_000);
  }
});

it('another search asks for none again that it has asked for', async () => {
  expect(await search('nothing')).toEqual({ answer: 'none', loginsAccepted: 0, loginsRejected: 0 });
});
