import { codePrints, ownCodePrints } from '@rcm/credentials';
import { type CodeTurn, endCodeTurn, noteLastingCode } from '@rcm/db/codes';
import { keepStorage, type KeptStorage } from '@rcm/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InboundEnvironment, KEYS, openInboundEnvironment } from './inbound-environment.fixture.ts';
import { expectNowhere, keptFor } from './inbound-messages.fixture.ts';

let w: InboundEnvironment;
let storage: KeptStorage;
beforeAll(async () => {
  w = await openInboundEnvironment();
  storage = await keepStorage(w.testEnvironment.owner);
});
afterAll(async () => {
  await storage?.close();
  await w?.close();
});

const dogwood = (to: string, code: string, id?: string) =>
  w.twilio({ to, from: '24681', text: `Your Dogwood code is ${code}, good for 12 hours.`, ...(id ? { id } : {}) });
/** As the login does that the portal has let in with it. */
const letIn = ({ orgId, endpointId, leaseId }: CodeTurn, address: string, code: string) =>
  noteLastingCode(w.testEnvironment.db, {
    ...{ orgId, endpointId, leaseId, goodMs: 3_600_000, codePrints: codePrints(KEYS, { address, code }) },
    ownPrints: ownCodePrints(KEYS, { address, code, orgId, endpointId }),
  });

describe('a message whose code is good for longer than one login', () => {
  it('answers the login that it let in again, and no other at the inbox, in whatever organization', async () => {
    const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
    const waits = { inboxes, portal: 'dogwood' };
    const first = await w.logins.asked('one', waits);
    await dogwood(to, code);
    expect(await first.taken()).toBe(code);
    await letIn(first, to, code);
    await endCodeTurn(w.testEnvironment.db, first);
    for (const org of ['one', 'two']) {
      const other = await w.logins.asked(org, waits);
      await dogwood(to, code);
      expect(await other.taken()).toBeNull();
      await endCodeTurn(w.testEnvironment.db, other);
    }
    for (let time = 0; time < 2; time += 1) {
      const again = await w.logins.asked('one', { ...waits, again: first });
      await dogwood(to, code);
      expect(await again.taken()).toBe(code);
      await endCodeTurn(w.testEnvironment.db, again);
    }
  });

  it('answers nobody where it is a message of before, or where its code let nobody in', async () => {
    const [{ to, inboxes }, code, id] = [w.inbox(), w.newCode(), `SM${'d'.repeat(32)}`];
    const waits = { inboxes, portal: 'dogwood' };
    const first = await w.logins.asked('one', waits);
    await dogwood(to, code, id);
    expect(await first.taken()).toBe(code);
    await endCodeTurn(w.testEnvironment.db, first);
    const second = await w.logins.asked('one', { ...waits, again: first });
    await dogwood(to, code);
    expect(await second.taken()).toBeNull();
    await letIn(second, to, code);
    await dogwood(to, code, id);
    expect(await second.taken()).toBeNull();
  });

  it('is remembered for 400 days, and its code for four', async () => {
    const { to, inboxes } = w.inbox();
    await w.logins.asked('one', { inboxes, portal: 'dogwood' });
    expect(await keptFor(w, () => dogwood(to, w.newCode()))).toEqual([96, 9_600]);
  });
});

it('no code that is good for longer is in a byte of Postgres or its write-ahead log, nor in a log', async () => {
  const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
  const login = await w.logins.asked('one', { inboxes, portal: 'dogwood' });
  await dogwood(to, code);
  await letIn(login, to, code);
  expect(w.codes.length).toBeGreaterThan(3);
  await expectNowhere(w, { storage, known: login.endpointId, texts: [to.slice(1)] });
});
