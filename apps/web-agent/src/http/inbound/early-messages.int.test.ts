import { askForCode } from '@rcm/db/codes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InboundEnvironment, openInboundEnvironment } from './inbound-environment.fixture.ts';
import { TAKEN, words } from './inbound-messages.fixture.ts';

let w: InboundEnvironment;
beforeAll(async () => {
  w = await openInboundEnvironment();
});
afterAll(() => w?.close());

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('a message waits for the login whose page is about to ask, also while as many services wait for their tasks as may', async () => {
  const { port, testEnvironment } = w;
  const body = { endpoint: 'alpine-busy', task: 'claim_status', input: { claim_number: 'C-1' } };
  const { json } = await testEnvironment.ask('/v1/tasks', { org: 'busy', method: 'POST', body, port });
  const task = `/v1/tasks/${String(json.id)}`;
  let isOneTooMany = false;
  const waiting = Array.from({ length: 201 }, () => testEnvironment.ask(`${task}?wait=30`, { org: 'busy', port }).then(() => (isOneTooMany = true)));
  await expect.poll(() => isOneTooMany, { timeout: 20_000 }).toBe(true);
  const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
  const login = await w.logins.begun('one', { inboxes });
  const sent = w.twilio({ to, text: words(code) });
  await later(100);
  await askForCode(testEnvironment.db, login, 600_000);
  expect(await sent).toEqual(TAKEN);
  expect(await login.taken()).toBe(code);
  await testEnvironment.ask(`${task}/cancel`, { org: 'busy', method: 'POST', port });
  await Promise.all(waiting);
});
