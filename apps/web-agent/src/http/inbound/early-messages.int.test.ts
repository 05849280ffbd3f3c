import { askForCode } from '@rcm/db/codes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InboundEnvironment, openInboundEnvironment } from './inbound-environment.fixture.ts';
import { TAKEN, words } from './inbound-messages.fixture.ts';

let w: InboundEnvironment;
beforeAll(async () => {
  w = await openInboundEnvironment();
});
afterAll(() => w?.close());

/** As long as a task is waited for at most. */
const WAIT_S = 30;
const LONG_MS = 600_000;
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('a message waits for the login whose page is about to ask, also while as many services wait for their tasks as may', { timeout: LONG_MS }, async () => {
  const { port, testEnvironment } = w;
  const body = { endpoint: 'alpine-busy', task: 'claim_status', input: { claim_number: 'C-1' } };
  const { json } = await testEnvironment.ask('/v1/tasks', { org: 'busy', method: 'POST', body, port });
  const task = `/v1/tasks/${String(json.id)}`;
  let [isOneTooMany, isOver] = [false, false];
  // Nobody does the task: who is answered sooner had no place. On a busy machine the first may have waited to the end before the last has come, and then waits again.
  const wait = async (): Promise<void> => {
    while (!isOver) {
      const began = performance.now();
      const { status } = await testEnvironment.ask(`${task}?wait=${WAIT_S}`, { org: 'busy', port });
      expect(status).toBe(200);
      if (isOver || performance.now() - began >= (WAIT_S - 1) * 1_000) continue;
      isOneTooMany = true;
      return;
    }
  };
  const waiting = Array.from({ length: 201 }, wait);
  await expect.poll(() => isOneTooMany, { timeout: LONG_MS / 2 }).toBe(true);
  const [{ to, inboxes }, code] = [w.inbox(), w.newCode()];
  const login = await w.logins.begun('one', { inboxes });
  const sent = w.twilio({ to, text: words(code) });
  await later(100);
  await askForCode(testEnvironment.db, login, 600_000);
  expect(await sent).toEqual(TAKEN);
  expect(await login.taken()).toBe(code);
  isOver = true;
  await testEnvironment.ask(`${task}/cancel`, { org: 'busy', method: 'POST', port });
  await Promise.all(waiting);
});
