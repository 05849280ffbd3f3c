import { type Database, openDatabase } from '@rcm/db';
import { applyMigrations, ensureAppLogin, upsertPortalType } from '@rcm/db/admin';
import { PLAIN_PORTAL_TYPE } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { freshDatabase, startEmbeddedPostgres } from '@rcm/test-services';

export interface DueEnvironment extends AsyncDisposable {
  /** As a rotator's login. */
  readonly url: string;
  countDone(): Promise<number>;
}

export const PORTAL_TYPES = 40;
/** Of each portal type at once, over all rotators. */
const ROOM = 8;
const ORGANIZATIONS = 100;

/** A Postgres of its own with so many logins due now, over 40 portal types and 100 organizations. */
export async function openDueEnvironment(due: number): Promise<DueEnvironment> {
  await using opened = new AsyncDisposableStack();
  const postgres = opened.adopt(await startEmbeddedPostgres(), (server) => server.stop());
  const { url } = await freshDatabase({ migrate: (to) => applyMigrations({ url: to }).then(() => undefined), server: postgres.url });
  const db = opened.adopt(openDatabase({ url, applicationName: 'bench' }), (each) => each.close());
  await seed(db, due);
  const rotatorUrl = await ensureAppLogin({ adminUrl: url, role: 'rcm_rotator', name: 'bench_rotator', password: new Secret('bench-rotator') });
  const kept = opened.move();
  return {
    url: rotatorUrl,
    async countDone() {
      const rows = await db.transaction(
        'every tenant',
        (tx) => tx.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM rotation_attempt WHERE state = 'done'`,
      );
      return rows[0]?.n ?? 0;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function seed(db: Database, due: number): Promise<void> {
  for (let n = 0; n < PORTAL_TYPES; n += 1)
    await upsertPortalType(db, {
      ...PLAIN_PORTAL_TYPE,
      ...{ code: `type-${n}`, name: `Type ${n}`, hosts: [`type-${n}.example`], maxConcurrency: ROOM },
    });
  await db.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`INSERT INTO organization (id, name) SELECT 'org-' || n, 'Organization ' || n FROM generate_series(0, ${ORGANIZATIONS - 1}::int) n`;
    await tx.$executeRaw`INSERT INTO login_identity (id) SELECT encode(sha256(('endpoint-' || n)::bytea), 'hex') FROM generate_series(1, ${due}::int) n`;
    await tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, next_rotation_at)
      SELECT 'endpoint-' || n, 'org-' || n % ${ORGANIZATIONS}::int, 'type-' || n % ${PORTAL_TYPES}::int, 'account-' || n, 'https://type-' || n % ${PORTAL_TYPES}::int || '.example/',
             'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/bench/org-' || n % ${ORGANIZATIONS}::int || '/endpoints/endpoint-' || n || '/account-' || n,
             '1', encode(sha256(('endpoint-' || n)::bytea), 'hex'), now() - make_interval(secs => ${due}::int - n)
        FROM generate_series(1, ${due}::int) n`;
  });
}
