import { startDemoPortals } from '@rcm/demo-portals';
import { Secret } from '@rcm/telemetry';
import { quickStartOf } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PortalCredential } from './index.ts';

let portals: Awaited<ReturnType<typeof startDemoPortals>>;
beforeAll(async () => void (portals = await startDemoPortals()));
afterAll(() => portals.close());

test('the example in the README logs in at a demo portal', async () => {
  const { example } = (await quickStartOf(`${import.meta.dirname}/..`)) as {
    example: (baseUrl: string, credential: PortalCredential, executablePath?: string) => Promise<string>;
  };
  const account = { portal: 'alpine', username: 'quick', password: 'Only-An-Example-1' };
  await fetch(`${portals.control.baseUrl}/accounts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(account) });
  const login = (password: string) =>
    example(portals.portals.alpine.baseUrl, { username: new Secret('quick'), password: new Secret(password), custom: {} }, process.env.RCM_CHROMIUM_PATH);
  expect(await login('Only-An-Example-1')).toBe('accepted');
  expect(await login('Another-Example-2')).toBe('rejected');
});
