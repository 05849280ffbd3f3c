/** The AWS account that a run works on, wherever it runs. */
export interface RunningAws {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** What `RCM_KMS_KEY_ID` names. */
  readonly kmsKeyId: string;
  /** The access key's shared credentials file, mode 600. */
  readonly credentialsFile: string;
  tenantRoleArn(role: 'agent' | 'rotator' | 'migrator'): string;
  /** The text of every parameter and secret version that was ever written: current, staged, overwritten and deleted. */
  everyValueEver(): Promise<string[]>;
  stop(): Promise<void>;
}

export const REGION = 'us-east-1';
