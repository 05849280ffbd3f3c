import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../postgres/kept.ts';
import './provided.ts';

/** vitest globalSetup of the projects `embedded` and `e2e`: starts once per run what the project asked for, and stops it at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = project.config.provide.rcmServices ?? [];
  const postgres = services.includes('postgres') ? await startEmbeddedPostgres() : null;
  project.provide('rcmBackend', 'embedded');
  project.provide('rcmPostgresUrl', postgres?.url ?? '');
  project.provide('rcmLocalStackUrl', '');
  return async () => postgres?.stop();
}
