import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestEnvironment } from '@rcm/test-environment';

export interface DrillPlace {
  readonly testEnvironment: TestEnvironment;
  /** The database where it is now. */
  readonly databaseUrl: string;
  /** With the key of tasks. */
  readonly folder: string;
}

/** The same login and password at the server where the database is now. */
function moved(url: string, databaseUrl: string): string {
  const { hostname, port } = new URL(databaseUrl);
  return Object.assign(new URL(url), { hostname, port }).href;
}

/** What an agent or a rotator of the drill is started with. */
export function drillEnvironment({ testEnvironment, databaseUrl, folder }: DrillPlace, app: 'agent' | 'rotator'): NodeJS.ProcessEnv {
  const { RCM_DATABASE_URL_FILE: file = '', ...ofRole } = testEnvironment.environmentOf(`rcm_${app}`);
  return {
    ...process.env,
    ...ofRole,
    RCM_DATABASE_URL: moved(readFileSync(file, 'utf8'), databaseUrl),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn(app),
    RCM_TASK_KEYS: 'file',
    RCM_TASK_KEY_FILE: join(folder, 'task-key'),
    RCM_TASK_KEY_ID: '1',
    RCM_AGENT_PUT_OFF_MS: '500',
    // Every task logs in, with what the store holds now.
    RCM_AGENT_KEPT_SESSIONS: '0',
    RCM_CREDENTIALS_TTL_MS: '1',
    RCM_CREDENTIALS_STALE_MS: '0',
    RCM_HEALTH_PORT: '0',
    RCM_ROTATOR_RECOVERY_MS: '500',
    RCM_ROTATOR_MEND_SCAN_MS: '500',
    RCM_ROTATOR_MEND_PAUSE_MS: '0',
  };
}
