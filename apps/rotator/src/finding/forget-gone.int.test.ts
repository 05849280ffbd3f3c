import { randomUUID } from 'node:crypto';
import { formatReference, parsePayload, parseReference, type SecretStore, serializePayload } from '@rcm/credentials';
import { withExclusiveLease } from '@rcm/db/holding';
import { accountOf, migratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaseRequest } from '../lease-request.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { forgetGone } from './forget-gone.ts';
import { abandoned, wasRefused } from './journal-rows.fixture.ts';
import { type LoginInHand, loginInHand } from './login-in-hand.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: [] })));
afterAll(() => opened?.close());

const PASSWORDS = ['Current-1!', 'Current-Elsewhere-2!', 'Copy-Elsewhere-3!', 'Copy-Of-Former-4!', 'In-No-Store-5!'] as const;
const LEASE_MS = 2_000;
const [CURRENT, ELSEWHERE, COPY, FORMER] = PASSWORDS;

/** An account that lies in two secrets and has left a third, each with another password, and the portal has refused them all; what is known of them after `act`. */
async function knownAfter(
  act: (login: LoginInHand, other: { readonly twin: string; readonly former: string }) => Promise<void>,
  ttlMs = 60_000,
): Promise<readonly string[]> {
  const { testEnvironment, rotator, sql } = opened;
  const [own, twin, former] = [
    await testEnvironment.addEndpoint('alpine'),
    await testEnvironment.addEndpoint('alpine'),
    await testEnvironment.addEndpoint('alpine'),
  ];
  await sql(`UPDATE integration_endpoint SET login_identity = $1 WHERE id = $2`, [own.loginIdentity, twin.id]);
  const endpoint = await migratedEndpoint(rotator.db, { orgId: own.orgId, endpointId: own.id });
  const request = leaseRequest({ ...rotator, lease: { ...rotator.lease, ttlMs } }, endpoint, new AbortController().signal);
  const prints = new Map<string, string>();
  await withExclusiveLease(request, async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const { store, reference } = login;
    const first = await store.read(reference);
    if (!first) throw new Error('no secret');
    const textOf = (password: string) => serializePayload(parsePayload(first.text).map((payload) => ({ ...payload, password })));
    await store.replace(reference, textOf(CURRENT), first.version);
    const elsewhere = parseReference(twin.secretArn);
    await store.replace(elsewhere, textOf(ELSEWHERE), '1');
    const attemptId = randomUUID();
    await store.stage({ ...login.slotOf(attemptId), current: elsewhere }, textOf(COPY));
    const givenUp = { attemptId: randomUUID(), secretArn: former.secretArn };
    await store.stage({ ...login.slotOf(givenUp.attemptId), current: parseReference(former.secretArn) }, textOf(FORMER));
    await abandoned(opened, login, givenUp);
    for (const password of PASSWORDS) {
      const [print = ''] = accountOf(rotator.keys, endpoint, parsePayload(textOf(password))).fingerprints;
      prints.set(print, password);
      await wasRefused(opened, login, { version: '1', print, effect: 'suspect', minutesAgo: 1 });
    }
    await act(login, { twin: twin.secretArn, former: former.secretArn });
  });
  const known = await sql<{ print: string }>('SELECT fingerprint AS print FROM login_attempt WHERE endpoint_id = $1 AND fingerprint IS NOT NULL', [own.id]);
  return known.map(({ print }) => prints.get(print) ?? print).sort();
}
const on = (login: LoginInHand, store: Partial<SecretStore>): LoginInHand => ({ ...login, store: { ...login.store, ...store } });

it('forgets what is in no secret of the account, and nothing that another secret of the organization still holds, or one that the account has left', async () => {
  expect(await knownAfter((login) => forgetGone(opened.rotator, login))).toEqual([CURRENT, ELSEWHERE, COPY, FORMER].sort());
});

it('forgets nothing where not every secret can be read, and nobody waits for it', async () => {
  const known = await knownAfter((login, { twin }) => {
    const denied = new RcmError('store_denied', 'The store denies it.');
    const read: SecretStore['read'] = (reference, ...options) =>
      formatReference(reference) === twin ? Promise.reject(denied) : login.store.read(reference, ...options);
    return forgetGone(opened.rotator, on(login, { read }));
  });
  expect(known).toEqual([...PASSWORDS].sort());
});

it('forgets nothing after a stop that outlasted its lease: others may have learned of passwords since', async () => {
  const known = await knownAfter(async (login, { former }) => {
    const readStaged: SecretStore['readStaged'] = async (slot, ...call) => {
      const copy = await login.store.readStaged(slot, ...call);
      // After what is read last the whole process stops, its timers too.
      if (formatReference(slot.current) === former) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LEASE_MS);
      return copy;
    };
    await expect(forgetGone(opened.rotator, on(login, { readStaged }))).rejects.toMatchObject({ code: 'lease_lost' });
  }, LEASE_MS);
  expect(known).toEqual([...PASSWORDS].sort());
});
