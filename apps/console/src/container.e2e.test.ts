import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { startContainer, type TestContainer } from '@rcm/images/testing';
import { freePort, freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

/** What the names of images begin with that were built from these sources: `npm run images -- build`. */
const images = process.env.RCM_TEST_IMAGES;
/** Many times what a quiet machine takes. */
const LONG_MS = 300_000;

// Images are built by a command of its own, which takes minutes.
describe.skipIf(images === undefined)('a console’s container (RCM_TEST_IMAGES names its image)', { timeout: LONG_MS }, () => {
  let database: { readonly url: string; drop(): Promise<void> };
  let origin: string;
  const started: TestContainer[] = [];
  beforeAll(async () => void (database = await freshDatabase({ migrate: migrateWithLogins })), LONG_MS);
  afterEach(async () => {
    for (const container of started.splice(0)) await container.remove();
  });
  afterAll(() => database?.drop());

  async function start(): Promise<TestContainer> {
    const port = String(await freePort());
    origin = `http://localhost:${port}`;
    const container = await startContainer(
      `${images}/console`,
      {
        RCM_DATABASE_URL: urlFor('rcm_console', database.url),
        RCM_HEALTH_PORT: String(await freePort()),
        RCM_CONSOLE_URL: origin,
        RCM_CONSOLE_PORT: port,
        // Nobody signs in here: it is asked only when somebody does.
        RCM_CONSOLE_ISSUER: 'http://127.0.0.1:9',
        RCM_CONSOLE_CLIENT_ID: 'rcm-console',
        RCM_CONSOLE_ROLES: 'ops=operator@*',
      },
      { profile: false },
    );
    started.push(container);
    await expect.poll(() => container.docker('logs'), { timeout: LONG_MS }).toContain('"msg":"ready"');
    return container;
  }

  it('is healthy where it is not root, has no capability and writes to no disk, and serves its page with its style', async () => {
    const container = await start();
    await expect.poll(() => container.health(), { timeout: LONG_MS }).toBe('healthy');
    const page = await (await fetch(`${origin}/sign-in`)).text();
    const [, style = ''] = /href="(\/style-[0-9a-f]+\.css)"/.exec(page) ?? [];
    expect((await fetch(`${origin}${style}`)).status).toBe(200);
  });

  it('at SIGTERM answers what was asked, takes no more, and ends with 0', async () => {
    const container = await start();
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    try {
      await owner.query('BEGIN; LOCK TABLE console_session IN ACCESS EXCLUSIVE MODE');
      const asked = fetch(origin, { redirect: 'manual', headers: { cookie: `__Host-rcm-session=${'A'.repeat(43)}` } });
      const waits = `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'console_session'::regclass`;
      await expect.poll(async () => (await owner.query<{ n: number }>(waits)).rows[0]?.n, { timeout: LONG_MS }).toBe(1);
      const stopped = container.docker('stop');
      await expect.poll(() => container.docker('logs'), { timeout: LONG_MS }).toContain('"msg":"stopping"');
      await expect
        .poll(
          () =>
            fetch(`${origin}/sign-in`).then(
              () => 'answered',
              () => 'refused',
            ),
          { timeout: LONG_MS },
        )
        .toBe('refused');
      await owner.query('COMMIT');
      const { status, headers } = await asked;
      // To the sign-in; or, where the machine stood still for long, that the database took too long.
      expect([303, 503]).toContain(status);
      expect(headers.get('connection')).toBe('close');
      await stopped;
      expect(await container.exitCode()).toBe(0);
    } finally {
      await owner.end();
    }
  });
});
