import type { aws_secretsmanager as secrets } from 'aws-cdk-lib';
import type { ProcessSecret } from './names.ts';

/** Of an environment: a process that it does not have has no secrets. */
export type ProcessSecrets = Readonly<Partial<Record<ProcessSecret, secrets.CfnSecret>>>;

export function secretArn(secrets: ProcessSecrets, name: ProcessSecret): string {
  const secret = secrets[name];
  if (secret === undefined) throw new Error(`The environment has no secret ${name}.`);
  return secret.ref;
}
