import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, type SecretReference, type SecretStore, serializePayload } from '@rcm/credentials';
import { withExclusiveLease } from '@rcm/db/holding';
import { migratedEndpoint } from '@rcm/portal-access';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaseRequest } from '../lease-request.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { foundOf } from './candidate.ts';
import { findAccepted } from './find-accepted.ts';
import { abandoned } from './journal-rows.fixture.ts';
import { type LoginInHand, loginInHand } from './login-in-hand.ts';
import type { Found } from './search.ts';

const SECOND = '222222222222';
const ACCEPTED = 'What-the-portal-has-1!';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: [], furtherAccounts: [SECOND] })));
afterAll(() => opened?.close());

/** The store, and how often the first account is asked. */
function counted(store: SecretStore): { readonly store: SecretStore; readonly asked: () => number } {
  let calls = 0;
  const count = (reference: SecretReference) => {
    if (reference.store !== 'vault' && reference.accountId !== SECOND) calls += 1;
  };
  const read: SecretStore['read'] = (reference, ...options) => (count(reference), store.read(reference, ...options));
  const readStaged: SecretStore['readStaged'] = (slot, ...options) => (count(slot.current), store.readStaged(slot, ...options));
  return { store: { ...store, read, readStaged }, asked: () => calls };
}

it('a place that does not answer is asked once in a search, which says that not all could be asked; and finds what lies there once it answers', async () => {
  const { testEnvironment, rotator } = opened;
  const [own, former] = [await testEnvironment.addEndpoint('alpine', 'ssm', SECOND), await testEnvironment.addEndpoint('alpine')];
  const endpoint = await migratedEndpoint(rotator.db, { orgId: own.orgId, endpointId: own.id });
  await withExclusiveLease(leaseRequest(rotator, endpoint, new AbortController().signal), async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const stored = await login.store.read(login.reference);
    if (!stored) throw new Error('no secret');
    const textOf = (password: string) => serializePayload(parsePayload(stored.text).map((payload) => ({ ...payload, password })));
    // Beside the secret that the login had before lie copies, the oldest of which is what the portal accepts.
    await testEnvironment.portals.createAccount({ portal: own.portal, username: own.username, password: ACCEPTED });
    const copies = Array.from({ length: 5 }, () => randomUUID());
    for (const [daysAgo, attemptId] of copies.entries()) {
      const text = textOf(daysAgo === copies.length - 1 ? ACCEPTED : `Copy-${daysAgo}-of-before!`);
      await login.store.stage({ ...login.slotOf(attemptId), current: parseReference(former.secretArn) }, text);
      await abandoned(opened, login, { attemptId, secretArn: former.secretArn, daysAgo, wasSubmitted: daysAgo === copies.length - 1 });
    }

    testEnvironment.aws.setFaults({ kind: 'down', match: 'ssm' });
    const silent = await search(login);
    testEnvironment.aws.setFaults({ kind: 'none' });
    expect([silent.found, silent.asked]).toEqual([
      { kind: 'later', hold: expect.objectContaining({ detail: expect.stringContaining('could not be read') as string }) as object },
      1,
    ]);

    const { found } = await search(login);
    expect(found.kind === 'found' && foundOf(found.candidate.name, '')).toBe(`copy:${copies.at(-1)}`);
  });
});

async function search(login: LoginInHand): Promise<{ readonly found: Found; readonly asked: number }> {
  const { store, asked } = counted(login.store);
  const found = await findAccepted({ services: opened.rotator, login: { ...login, store }, attemptId: null, since: new Date(0), asksTwice: 'nothing' });
  return { found, asked: asked() };
}
