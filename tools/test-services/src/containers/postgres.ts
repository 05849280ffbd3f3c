import { randomBytes } from 'node:crypto';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import type { RunningService } from '../postgres/kept.ts';
import { postgresImage } from './images.ts';
import { runLabels } from './labels.ts';

const START_TIMEOUT_MS = 120_000;

/** Starts Postgres from `RCM_TEST_POSTGRES_IMAGE` on a free port, with a random superuser password and the same throw-away settings as embedded. */
/** The data is thrown away. WAL is not recycled, as the migration guide asks of whoever removes plaintext. */
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'wal_recycle=off', 'max_connections=200'];

export async function startPostgresContainer(): Promise<RunningService> {
  // Testcontainers puts the password unquoted into the health check's shell: plain characters only.
  const password = randomBytes(18).toString('hex');
  const container = await new PostgreSqlContainer(postgresImage())
    .withUsername('postgres')
    .withPassword(password)
    .withDatabase('postgres')
    .withCommand(['postgres', ...SETTINGS.flatMap((setting) => ['-c', setting])])
    .withLabels(runLabels())
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  const stop = async () => {
    await container.stop({ timeout: 5_000 });
  };
  return { url: container.getConnectionUri(), stop };
}
