import type { TenantApp } from '@rcm/credentials/policies';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The AWS account that a run works on, wherever it runs. */
export interface RunningAws {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** What `RCM_KMS_KEY_ID` names. */
  readonly kmsKeyId: string;
  /** The administrator's access key, a shared credentials file of mode 600. */
  readonly credentialsFile: string;
  /** What an app's process needs in its environment to be itself in AWS. */
  taskEnvironment(app: TenantApp): Readonly<Record<string, string>>;
  /** The keys that it gets by that. */
  taskKeys(app: TenantApp): Promise<AwsKeys>;
  tenantRoleArn(app: TenantApp): string;
  /** The text of every parameter and secret version that was ever written: current, staged, overwritten and deleted. */
  everyValueEver(): Promise<string[]>;
  stop(): Promise<void>;
}

export const REGION = 'us-east-1';
