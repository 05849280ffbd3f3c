/** Postgres in containers of a test's own, and its tools. Only for tests of the kind `containers`: whoever imports it loads Testcontainers. */
export { startPostgresContainer } from './postgres.ts';
export { postgresTools } from './tools.ts';
export type { RunningService } from '../postgres/kept.ts';
