import { randomUUID } from 'node:crypto';
import { parsePasswordRules, parsePayload, serializePayload } from '@rcm/credentials';
import { withExclusiveLease } from '@rcm/db/holding';
import type { Secret } from '@rcm/telemetry';
import { accountOf, migratedEndpoint } from '@rcm/portal-access';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaseRequest } from '../lease-request.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { foundOf } from './candidate.ts';
import { cutLengths } from './cut-lengths.ts';
import { submitting, wasRefused } from './journal-rows.fixture.ts';
import { findAccepted } from './find-accepted.ts';
import type { Search } from './search.ts';
import { loginInHand } from './login-in-hand.ts';

/** No login of this test makes it long enough for a pause to end by itself. */
const WINDOW_MS = 3_600_000;

let opened: RotatorEnvironment;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], lockoutWindowMs: WINDOW_MS, portalType: { lockoutWindowSeconds: WINDOW_MS / 1_000 } });
});
afterAll(() => opened?.close());

/**
 * After a change: the staged password and the current one were refused twice hours ago, and a third one, which lies in the store's history, a moment ago. By now the
 * portal accepts the staged one; or, where `cut` says so, only so many first characters of it, of which it was asked that long ago.
 */
async function search(asksTwice: Search['asksTwice'], cut?: { readonly first: number; readonly refusedMinutesAgo: number }) {
  const { testEnvironment, rotator, sql } = opened;
  const { id, orgId, portal, username, loginIdentity } = await testEnvironment.addEndpoint('alpine');
  const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
  const attemptId = randomUUID();
  const answer = await withExclusiveLease(leaseRequest(rotator, endpoint, new AbortController().signal), async (held) => {
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
    await submitting(opened, login, { attemptId, baseVersion: current.version });
    const refused = (version: string, print: string | undefined, minutesAgo: number) =>
      wasRefused(opened, login, { version, print, effect: 'provisional', minutesAgo });
    for (const minutesAgo of [200, 100]) {
      await refused(`staged:${attemptId}`, accepted.print, minutesAgo);
      await refused(current.version, current.print, minutesAgo);
    }
    // What a portal would have kept that cuts.
    for (let first = 4; first < parsePayload(accepted.text).reveal().password.length; first += 1)
      await refused(`staged:${attemptId}/${first}`, printOf(accepted.text, first), first === cut?.first ? cut.refusedMinutesAgo : 100);
    if (cut) await testEnvironment.portals.createAccount({ portal, username, password: parsePayload(accepted.text).reveal().password.slice(0, cut.first) });
    // What was refused before counts no more, so that the budget is no reason to ask for nothing.
    await sql(
      `INSERT INTO login_clearance (login_identity, org_id, endpoint_id, kind, actor, reason, at) VALUES ($1, $2, $3, 'unlocked', 'person:os:test', 'test', now() - interval '50 minutes')`,
      [loginIdentity, orgId, id],
    );
    await refused(between.version, between.print, 0);
    const found = await findAccepted({ services: rotator, login, attemptId, since: new Date(Date.now() - 3_000 * 60_000), asksTwice });
    return found.kind === 'found' ? foundOf(found.candidate.name, attemptId) : found.kind;
  });
  const { loginsAccepted, loginsRejected } = await testEnvironment.portals.account(portal, username);
  return { answer, loginsAccepted, loginsRejected };
}

it('a search after a change that waits for one password asks again for the staged one: an ill portal may have refused it', async () => {
  expect(await search('everything')).toEqual({ answer: 'staged', loginsAccepted: 1, loginsRejected: 0 });
});

it.each([
  [25 * 60, { answer: 'staged/10', loginsAccepted: 1, loginsRejected: 0 }],
  [23 * 60, { answer: 'later', loginsAccepted: 0, loginsRejected: 1 }],
])('and before that for what was refused %i minutes ago, if that is a day: an ill portal may have refused it, too', async (refusedMinutesAgo, expected) => {
  expect(await search('everything', { first: 10, refusedMinutesAgo })).toEqual(expected);
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

type Refusals = readonly (readonly [of: 'right' | 'current', minutesAgo: number])[];

/** A search where somebody saved another password over the one that the portal accepts, which lies in the store's history, and what the portal has refused since. */
async function searchOfOverwritten(stored: string, refusals: Refusals) {
  const { testEnvironment, rotator } = opened;
  const { id, orgId, portal, username } = await testEnvironment.addEndpoint('alpine');
  const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
  const found = await withExclusiveLease(leaseRequest(rotator, endpoint, new AbortController().signal), async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const right = await login.store.read(login.reference);
    if (!right) throw new Error('no secret');
    const text = serializePayload(parsePayload(right.text).map((payload) => ({ ...payload, password: stored })));
    const { version } = await login.store.replace(login.reference, text, right.version);
    const of = { right, current: { text, version } };
    for (const [which, minutesAgo] of refusals) {
      const print = accountOf(rotator.keys, endpoint, parsePayload(of[which].text)).fingerprints[0];
      await wasRefused(opened, login, { version: of[which].version, print, effect: 'suspect', minutesAgo });
    }
    const answer = await findAccepted({ services: rotator, login, attemptId: null, since: new Date(Date.now() - 100 * 60_000), asksTwice: 'nothing' });
    return answer.kind === 'found' ? [answer.candidate.name.kind, answer.candidate.name.of === right.version] : answer.kind;
  });
  const { loginsAccepted, loginsRejected } = await testEnvironment.portals.account(portal, username);
  return { found, loginsAccepted, loginsRejected };
}
const AT_ONCE = { found: ['version', true], loginsAccepted: 1, loginsRejected: 0 };

it('of what was refused before it begins with what was refused the longest time ago: what comes first in order would take the one try of each window for ever', async () => {
  // By a portal that was ill; the portal accepts it again.
  const refusals: Refusals = [
    ['right', 300],
    ['current', 100],
  ];
  expect(await searchOfOverwritten('Saved-from-an-old-copy-3!', refusals)).toEqual(AT_ONCE);
});

it('and where what had been refused before had the last turn, in the search before, it begins with what was not', async () => {
  const refusals: Refusals = [
    ['current', 300],
    ['current', 100],
  ];
  expect(await searchOfOverwritten('Saved-from-an-old-copy-5!', refusals)).toEqual(AT_ONCE);
});

it('but with what somebody has just stored, if it was never refused: what was refused before would take a try of it', async () => {
  const { testEnvironment, rotator } = opened;
  const { id, orgId, portal, username } = await testEnvironment.addEndpoint('alpine');
  const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
  const found = await withExclusiveLease(leaseRequest(rotator, endpoint, new AbortController().signal), async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const right = await login.store.read(login.reference);
    if (!right) throw new Error('no secret');
    const stale = serializePayload(parsePayload(right.text).map((payload) => ({ ...payload, password: 'Saved-from-an-old-copy-4!' })));
    const between = await login.store.replace(login.reference, stale, right.version);
    await login.store.replace(login.reference, right.text, between.version);
    await wasRefused(opened, login, {
      version: between.version,
      print: accountOf(rotator.keys, endpoint, parsePayload(stale)).fingerprints[0],
      effect: 'suspect',
      minutesAgo: 300,
    });
    const answer = await findAccepted({ services: rotator, login, attemptId: null, since: new Date(), asksTwice: 'nothing' });
    return answer.kind === 'found' ? answer.candidate.name.kind : answer.kind;
  });
  const { loginsAccepted, loginsRejected } = await testEnvironment.portals.account(portal, username);
  expect({ found, loginsAccepted, loginsRejected }).toEqual({ found: 'current', loginsAccepted: 1, loginsRejected: 0 });
});

it('a search that begins anew goes on with what was not refused yet: what a portal may have cut is not asked from its first length on for ever', async () => {
  const { testEnvironment, rotator } = opened;
  const { id, orgId, portal, username } = await testEnvironment.addEndpoint('alpine');
  const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId: id });
  const attemptId = randomUUID();
  const staged = 'Staged-and-cut-by-the-portal-5!';
  // The last of the lengths that are tried.
  const kept = cutLengths({ length: staged.length, longest: parsePasswordRules(endpoint.portalType.passwordRules).maxLength });
  const last = kept.at(-1) ?? 0;
  await testEnvironment.portals.createAccount({ portal, username, password: staged.slice(0, last) });
  const { tries: before } = await testEnvironment.portals.history({ portal, username });
  const found = await withExclusiveLease(leaseRequest(rotator, endpoint, new AbortController().signal), async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const current = await login.store.read(login.reference);
    if (!current) throw new Error('no secret');
    const payloadOf = (password: string) => parsePayload(current.text).map((payload) => ({ ...payload, password }));
    await login.store.stage(login.slotOf(attemptId), serializePayload(payloadOf(staged)));
    await submitting(opened, login, { attemptId, baseVersion: current.version });
    const refused = (version: string, password: string | null, effect: 'suspect' | 'provisional', minutesAgo: number) =>
      wasRefused(opened, login, {
        version,
        print: accountOf(rotator.keys, endpoint, password === null ? parsePayload(current.text) : payloadOf(password)).fingerprints[0],
        effect,
        minutesAgo,
      });
    await refused(current.version, null, 'suspect', 300);
    await refused(`staged:${attemptId}`, staged, 'provisional', 290);
    for (const [place, first] of kept.slice(0, -1).entries()) await refused(`staged:${attemptId}/${first}`, staged.slice(0, first), 'provisional', 280 - place);
    const answer = await findAccepted({ services: rotator, login, attemptId, since: new Date(), asksTwice: 'nothing' });
    return answer.kind === 'found' ? foundOf(answer.candidate.name, attemptId) : answer.kind;
  });
  const { tries } = await testEnvironment.portals.history({ portal, username });
  expect([found, tries.slice(before.length).map(({ ended }) => ended)]).toEqual([`staged/${last}`, ['wrong', 'accepted']]);
});
