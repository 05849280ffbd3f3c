import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { urlFor } from '@rcm/db/testing';
import { openTestEnvironment, type TestEnvironment, type TestEnvironmentOptions } from '@rcm/test-environment';

/** A test environment, and somebody who looks after its logins: what their profile has, and a folder of their own. */
export interface Person {
  readonly testEnvironment: TestEnvironment;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function openPerson(options: TestEnvironmentOptions): Promise<Person> {
  const testEnvironment = await openTestEnvironment(options);
  const folder = mkdtempSync(join(tmpdir(), 'rcm-person-'));
  const [rotator, migrator] = [testEnvironment.environmentOf('rcm_rotator'), testEnvironment.environmentOf('rcm_migrator')];
  // A person has a profile for each in one file of credentials.
  const profile = (name: string, from: Readonly<Record<string, string>>) =>
    readFileSync(from.AWS_SHARED_CREDENTIALS_FILE ?? '', 'utf8').replace('[default]', `[${name}]`);
  const credentials = join(folder, 'credentials');
  writeFileSync(credentials, `${profile('rotator', rotator)}\n${profile('migrator', migrator)}\n`, { mode: 0o600 });
  const { RCM_DATABASE_URL: _url, RCM_DATABASE_URL_FILE: _file, ...shared } = rotator;
  return {
    testEnvironment,
    folder,
    environment: {
      ...shared,
      AWS_SHARED_CREDENTIALS_FILE: credentials,
      RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', testEnvironment.databaseUrl),
      RCM_ROTATOR_DATABASE_URL: urlFor('rcm_rotator', testEnvironment.databaseUrl),
      RCM_MIGRATOR_DATABASE_URL: urlFor('rcm_migrator', testEnvironment.databaseUrl),
      RCM_AUDITOR_DATABASE_URL: urlFor('rcm_auditor', testEnvironment.databaseUrl),
      RCM_ROTATOR_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
      RCM_MIGRATOR_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('migrator'),
      RCM_ROTATOR_AWS_PROFILE: 'rotator',
      RCM_MIGRATOR_AWS_PROFILE: 'migrator',
      RCM_LOG_LEVEL: 'error',
      ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
    },
    async close() {
      await testEnvironment.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
