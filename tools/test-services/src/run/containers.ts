import type { TestProject } from 'vitest/node';
import { startLocalStackContainer } from '../containers/localstack.ts';
import { startPostgresContainer } from '../containers/postgres.ts';
import type { RunningService } from '../postgres/kept.ts';
import './provided.ts';

/** vitest globalSetup of the project `containers`: the services the project asked for, as containers of this run alone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = project.config.provide.rcmServices ?? [];
  const running: RunningService[] = [];
  const stopAll = async () => {
    await Promise.allSettled(running.map((service) => service.stop()));
  };
  const start = async (wanted: boolean, starter: () => Promise<RunningService>): Promise<string> => {
    if (!wanted) return '';
    const service = await starter();
    running.push(service);
    return service.url;
  };
  try {
    project.provide('rcmBackend', 'containers');
    project.provide('rcmPostgresUrl', await start(services.includes('postgres'), startPostgresContainer));
    project.provide('rcmLocalStackUrl', await start(services.includes('aws'), startLocalStackContainer));
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}
