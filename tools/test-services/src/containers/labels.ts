import { hostname } from 'node:os';
import { processStart } from '../process-start.ts';

/**
 * Labels of every container of a test run: by them `npm test` removes its own at the end, and those whose owner was killed,
 * where Testcontainers' reaper cannot run (tools/setup/test/docker.mjs reads them).
 */
export function runLabels(): Record<string, string> {
  return {
    'rcm.test-run': process.env.RCM_TEST_RUN ?? 'by-hand',
    'rcm.owner': `${hostname()} ${process.pid} ${processStart(process.pid) ?? ''}`,
  };
}
