import { openDatabase } from '@rcm/db';
import { askAct } from '@rcm/db/acts';
import { urlFor } from '@rcm/db/testing';
import { freePort } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm, REASON, type RunningProcess, startConsoleProcess, startRotator } from './test-environment.fixture.ts';

/** The console is a process of its own: whatever becomes of it, nothing else notices. */
let testEnvironment: TestEnvironment;
let rotator: RunningProcess;
let app: RunningProcess;
let origin: string;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  rotator = await startRotator(testEnvironment, { RCM_SET_PAGE: 'yes', RCM_BREAK_GLASS_PAGE: 'yes', RCM_ROTATOR_SCAN_MS: '500' });
  const port = String(await freePort());
  origin = `http://localhost:${port}`;
  app = await startConsoleProcess({
    RCM_DATABASE_URL: urlFor('rcm_console', testEnvironment.databaseUrl),
    RCM_CONSOLE_URL: origin,
    RCM_CONSOLE_PORT: port,
    // Nobody signs in here: it is asked only when somebody does.
    RCM_CONSOLE_ISSUER: 'http://127.0.0.1:9',
    RCM_CONSOLE_CLIENT_ID: 'rcm-console',
    RCM_CONSOLE_ROLES: 'ops=operator@*',
  });
});
afterAll(async () => {
  await app?.kill('SIGKILL');
  await rotator?.stop();
  await testEnvironment?.close();
});

const rowsOf = <Row>(query: string): Promise<Row[]> => testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<Row[]>(query));
async function until(query: string): Promise<void> {
  while ((await rowsOf(query)).length === 0) await new Promise((resolve) => setTimeout(resolve, 200));
}

test(
  'where the console is killed, what was asked for in it is done, rotations and rcm go on, and nobody says that something fails',
  { timeout: 3_600_000 },
  async () => {
    const [asked, due] = [await testEnvironment.addEndpoint('alpine'), await testEnvironment.addEndpoint('alpine')];
    expect((await fetch(`${origin}/sign-in`)).status).toBe(200);
    const page = openDatabase({ url: urlFor('rcm_console', testEnvironment.databaseUrl), applicationName: 'console', role: 'rcm_console' });
    // A rotator stands still, so that nothing of it is done before the console is gone.
    await rotator.kill('SIGSTOP');
    for (const kind of ['verify', 'set'] as const)
      await askAct(page, { orgId: asked.orgId, endpointId: asked.id, kind, actor: 'person:oidc:https://id.example#jane', reason: REASON });
    await page.close();
    await app.kill('SIGKILL');
    await expect(fetch(`${origin}/sign-in`)).rejects.toThrow();
    const before = rotator.output().length;
    await rotator.kill('SIGCONT');
    await until(`SELECT 1 FROM login_request WHERE endpoint_id = '${asked.id}' AND kind = 'verify' AND outcome = 'done'`);
    await until('SELECT 1 FROM login_typing');
    await rowsOf(`UPDATE integration_endpoint SET next_rotation_at = clock_timestamp() WHERE id = '${due.id}' RETURNING 1`);
    await until(`SELECT 1 FROM rotation_attempt WHERE endpoint_id = '${due.id}' AND state = 'done'`);
    await rcm(testEnvironment, ['login', 'verify', due.id]);
    expect(await testEnvironment.portalAcceptsStore(due.id)).toBe(true);
    // What nobody types ends by its time.
    await rowsOf(`UPDATE login_typing SET offered_at = offered_at - interval '1 hour', open_until = open_until - interval '1 hour' RETURNING 1`);
    await until(`SELECT 1 FROM login_request WHERE kind = 'set' AND outcome = 'expired'`);
    expect(rotator.output().slice(before)).not.toMatch(/"level":(50|60)/);
  },
);
