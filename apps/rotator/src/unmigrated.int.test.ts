import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { asSuperuser, migrateWithLogins, urlFor } from '@rcm/db/testing';
import { asRoot, compileCache, freshDatabase } from '@rcm/test-services';
import { afterEach, expect, it } from 'vitest';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let child: ChildProcess | null = null;
afterEach(async () => {
  if (child !== null && child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  child = null;
  await database.drop();
});

/** As it is deployed; AWS is never asked for anything here. */
function start(url: string): { readonly output: () => string; readonly ended: Promise<unknown> } {
  const started = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), 'run'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...asRoot(),
      ...compileCache(),
      RCM_DATABASE_URL: url,
      RCM_ENVIRONMENT: 'test',
      RCM_IDENTITY_KEY: 'k'.repeat(32),
      RCM_AWS_REGION: 'us-east-1',
      RCM_AWS_ENDPOINT: 'http://127.0.0.1:9',
      RCM_AWS_ACCOUNT_ID: '123456789012',
      RCM_KMS_KEY_ID: 'alias/rcm',
      RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/tenant',
      RCM_HEALTH_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [started.stdout, started.stderr]) stream.setEncoding('utf8').on('data', (more: string) => void (text += more));
  child = started;
  return { output: () => text, ended: once(started, 'close') };
}
const readyz = async (output: string) => {
  const answer = await fetch(`http://127.0.0.1:${/"healthPort":(\d+)/.exec(output)?.[1]}/readyz`);
  return { status: answer.status, body: await answer.text() };
};

it('does not start on a database that was never migrated, and says what to run', async () => {
  database = await freshDatabase({ migrate: async () => {}, template: 'empty' });
  const { output, ended } = start(database.url);
  expect(await ended).toEqual([2, null]);
  expect(output()).toContain('The database was never migrated. Run `rcm db migrate`. Nothing was read or changed.');
});

it('tells of a newer database, and is not ready on one that was restored to an earlier version', async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  const history = (change: string) => asSuperuser(database.url, [change]);
  await history(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('later', 'x', '20990101000000_later', now())`);
  const { output } = start(urlFor('rcm_rotator', database.url));
  await expect.poll(output, { timeout: 120_000 }).toMatch(/"healthPort":\d+/);
  expect(output()).toContain('20990101000000_later, which this version does not: it is older than the database.');
  expect(await readyz(output())).toEqual({ status: 200, body: '{"ok":true}' });

  await history(`DELETE FROM _prisma_migrations WHERE migration_name LIKE '%_schema_standing'`);
  const { status, body } = await readyz(output());
  expect(status).toBe(503);
  expect(body).toMatch(/behind this version, which has 1 more.*Run `rcm db migrate`/);
});
