import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { lookAtPortal } from './look.ts';

let opened: RotatorEnvironment;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: ['alpine'] });
});
afterAll(() => opened?.close());

const ACT = { endpointId: 'alpine-1', actor: 'person:os:jane@host', reason: 'its pages were changed' };
const kept = () => opened.sql('SELECT FROM portal_look WHERE endpoint_id = $1', ['alpine-1']);

test('a look that was stopped says nothing of the portal, and is not kept; one that came to its end is', async () => {
  await opened.testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 3_000 });
  const stop = new AbortController();
  const stopped = lookAtPortal(opened.process, ACT, stop.signal);
  await expect.poll(() => opened.audit('portal.look', 'alpine-1'), { timeout: 600_000 }).toHaveLength(1);
  // By now it waits for the first page.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  expect(await kept()).toEqual([]);
  await opened.testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
  expect(await lookAtPortal(opened.process, ACT, new AbortController().signal)).toMatchObject({ asExpected: true });
  expect(await kept()).toHaveLength(1);
});
