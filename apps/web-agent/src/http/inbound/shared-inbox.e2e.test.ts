import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { giveCode } from './give-code.ts';
import { EACH_ITS_OWN, SharedInbox } from './shared-inbox.fixture.ts';

const ACCOUNTS = isLongForm() ? 20 : 8;
const INBOX = 'codes@hospital-one.example';

let shared: SharedInbox;
beforeAll(async () => void (shared = await SharedInbox.open({ inbox: INBOX, accounts: ACCOUNTS })));
afterAll(() => shared?.close());

/** Hands on what lies in the inbox, and once more what was taken, as a gateway does that has not heard so. Counts what was taken. */
async function handOn(until: AbortSignal): Promise<number> {
  const { agent, testEnvironment } = shared;
  let answered = 0;
  const told = new Set<string>();
  while (!until.aborted) {
    for (const { to, from, text, sentAt } of await testEnvironment.portals.messagesAt(INBOX)) {
      if (told.has(text)) continue;
      const message = { id: `message-${text}`, to, from, text, sentAt: new Date(sentAt) };
      const { end } = await giveCode({ db: agent.db, keys: agent.access.keys }, 'signed', message);
      expect(['answered', 'repeated', 'early']).toContain(end);
      if (end === 'answered') answered += 1;
      if (end === 'repeated') told.add(text);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return answered;
}

it(`of ${ACCOUNTS} accounts of a portal that share an inbox, each login types its own code, once`, async () => {
  const done = new AbortController();
  const gateway = handOn(done.signal);
  const ends = await shared.visitAll().finally(() => done.abort());
  expect(ends).toEqual(Array.from({ length: ACCOUNTS }, () => 'in'));
  expect(await gateway).toBe(ACCOUNTS);
  expect(await shared.record()).toEqual(Array.from({ length: ACCOUNTS }, () => EACH_ITS_OWN));
});
