import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { backend, localStackEndpoint } from '@rcm/test-services';
import type { AwsAccess } from './aws-client.ts';

export interface TestAws {
  readonly access: AwsAccess & { readonly endpoint: string };
  readonly kmsKeyId: string;
  readonly roleArn: string;
  /** The strict double, where a test needs what only it has (faults, sessions that are really confined); `null` on containers. */
  readonly local: LocalAws | null;
  close(): Promise<void>;
}

/** An AWS account for one test file: local-aws of its own, or the run's LocalStack container. */
export async function openTestAws(): Promise<TestAws> {
  if (backend() === 'embedded') {
    const local = await startLocalAws();
    const { endpoint, region, credentials } = local;
    return {
      access: { endpoint, region, credentials },
      kmsKeyId: 'alias/rcm-credentials',
      roleArn: local.tenantRoleArn('rotator'),
      local,
      close: () => local.close(),
    };
  }
  // LocalStack takes twelve digits for the account; both emulators keep AWS's own key aliases.
  const credentials = { accessKeyId: '123456789012', secretAccessKey: 'test' };
  const access = { endpoint: await localStackEndpoint(), region: 'us-east-1', credentials };
  return { access, kmsKeyId: 'alias/aws/ssm', roleArn: 'arn:aws:iam::123456789012:role/rcm-rotator-tenant', local: null, close: () => Promise.resolve() };
}
