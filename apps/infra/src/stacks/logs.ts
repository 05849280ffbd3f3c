import type { aws_kms as kms } from 'aws-cdk-lib';
import { aws_logs as logs } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';

export interface LogGroupOptions {
  readonly environment: Environment;
  readonly name: string;
  readonly key: kms.IKey;
  /** Written by a process of ours: what looks like a secret or a patient's number is masked, should it ever get there. */
  readonly masked?: boolean;
}

const { AWSSECRETKEY, EMAILADDRESS, HEALTHINSURANCECLAIMNUMBER_US, MEDICAREBENEFICIARYNUMBER_US, OPENSSHPRIVATEKEY, PKCSPRIVATEKEY, SSN_US } =
  logs.DataIdentifier;

/** Kept as long as the configuration says, under the platform's key. It outlives its stack. */
export const logGroup = (scope: Construct, id: string, { environment, name, key, masked = false }: LogGroupOptions): logs.LogGroup =>
  new logs.LogGroup(scope, id, {
    logGroupName: name,
    retention: environment.logs.retentionDays as number as logs.RetentionDays,
    encryptionKey: key,
    ...(masked
      ? {
          dataProtectionPolicy: new logs.DataProtectionPolicy({
            name: 'rcm-no-values',
            description: 'The apps write no secret and no value of a patient; this is for the day on which one does',
            identifiers: [
              ...[AWSSECRETKEY, EMAILADDRESS, HEALTHINSURANCECLAIMNUMBER_US, MEDICAREBENEFICIARYNUMBER_US],
              ...[OPENSSHPRIVATEKEY, PKCSPRIVATEKEY, SSN_US],
            ],
          }),
        }
      : {}),
  });
