import type { LocalAws } from '@rcm/local-aws';
import { type RcmError, Secret } from '@rcm/telemetry';
import { credentialReference, type SecretReference } from '../reference.ts';

export const [HOME, AWAY] = ['us-east-1', 'us-west-2'];
export const ORG = 'hospital-one';
export const TAGS = { TenantId: ORG, Environment: 'test', PortalType: 'alpine' };

export const optionsFor = (aws: LocalAws, role: 'agent' | 'rotator') => ({
  region: aws.region,
  endpoint: aws.endpoint,
  credentials: aws.credentials,
  environment: 'test',
  kmsKeyId: 'alias/rcm-credentials',
  roleArn: aws.tenantRoleArn(role),
  maxAttempts: 1,
});

let made = 0;
export const newReference = (home: LocalAws): SecretReference =>
  credentialReference({
    store: 'ssm',
    partition: 'aws',
    region: HOME ?? '',
    accountId: home.accountId,
    environment: 'test',
    orgId: ORG,
    endpointId: `endpoint-${(made += 1)}`,
    portalAccountId: 'account',
  });

export const payload = (password: string, attempt?: string) =>
  new Secret(JSON.stringify({ username: 'u', password, ...(attempt ? { metadata: { rotation_attempt_id: attempt } } : {}) }));

export const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'none',
    (error: RcmError) => error.code,
  );
