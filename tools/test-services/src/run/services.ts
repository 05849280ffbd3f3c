import { inject } from 'vitest';
import type { Backend } from './provided.ts';

/** Which backend this test file runs on. Projects `unit` and `e2e` count as embedded. */
export function backend(): Backend {
  return inject('rcmBackend') ?? 'embedded';
}

/** Superuser URL of the run's Postgres. Throws when the project did not ask for it. */
export function postgresUrl(): string {
  const url = inject('rcmPostgresUrl');
  if (!url) throw new Error("no Postgres in this run: add 'postgres' to the services in vitest.config.ts and name the test *.int.test.ts or *.e2e.test.ts");
  return url;
}

/** HTTP URL of the LocalStack container. Throws on the embedded backend, where a test starts `@rcm/local-aws` itself. */
export async function localStackEndpoint(): Promise<string> {
  const url = inject('rcmLocalStackUrl');
  if (!url) throw new Error("no LocalStack in this run: it exists on the backend 'containers' for projects with the service 'aws'");
  return url;
}
