import { credentialReference, type SecretReference } from '../reference.ts';
import { openTestAws, type TestAws } from '../stores/test-aws.fixture.ts';
import { createTenantSessions, type TenantSessionOptions } from './tenant-sessions.ts';
import { createTenantStores, type TenantStoresOptions } from './tenant-stores.ts';

export const referenceOf = (orgId: string, store: 'ssm' | 'secrets-manager' = 'ssm'): SecretReference =>
  credentialReference({
    store,
    partition: 'aws',
    region: 'us-east-1',
    accountId: '123456789012',
    environment: 'test',
    orgId,
    endpointId: `e-${crypto.randomUUID()}`,
    portalAccountId: 'a',
  });

export const tagsOf = (orgId: string) => ({ TenantId: orgId, Environment: 'test', PortalType: 'alpine' });

/** One AWS account, and the stores and sessions of tenants in it, which are closed with it. */
export class TenantsUnderTest {
  readonly aws: TestAws;
  readonly shared: Omit<TenantStoresOptions, 'roleArn' | 'dedicatedOrgId'>;
  readonly #closing: (() => Promise<void> | void)[] = [];

  private constructor(aws: TestAws) {
    this.aws = aws;
    this.shared = { ...aws.access, environment: 'test', kmsKeyId: aws.kmsKeyId };
  }

  static async open(): Promise<TenantsUnderTest> {
    return new TenantsUnderTest(await openTestAws());
  }

  /** Default: those of the tenants' role. */
  stores(options: Partial<TenantStoresOptions> = { roleArn: this.aws.roleArn }) {
    const stores = createTenantStores({ ...this.shared, ...options });
    this.closing(() => stores.close());
    return stores;
  }

  sessions(options: Partial<TenantSessionOptions>) {
    const sessions = createTenantSessions({ ...this.aws.access, environment: 'test', roleArn: this.aws.roleArn, ...options });
    this.closing(() => sessions.close());
    return sessions;
  }

  closing(close: () => Promise<void> | void): void {
    this.#closing.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close();
    await this.aws.close();
  }
}
