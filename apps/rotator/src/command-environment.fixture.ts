import type { TestEnvironment } from '@rcm/test-environment';

/** What a person's command of the rotator finds in its environment. */
export const commandEnvironment = (testEnvironment: TestEnvironment): Readonly<Record<string, string>> => ({
  ...testEnvironment.environmentOf('rcm_rotator'),
  RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
  RCM_LOG_LEVEL: 'error',
  ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
});
