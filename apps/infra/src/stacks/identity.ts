import { aws_secretsmanager as secrets, CfnDeletionPolicy, CfnOutput, type CfnResource, type aws_kms as kms, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { credentialsKey, platformKey } from './keys.ts';
import { PLATFORM_KEY, secretName } from './names.ts';
import { policiesOf } from './policies-of.ts';
import { madeKeys, type ProcessSecret, type ProcessSecrets, writtenSecrets } from './process-secrets.ts';
import { because } from './reasons.ts';
import { PlatformRole } from './roles.ts';

const WRITTEN = 'What a process starts with: written by whoever has it, never by the stack (docs/deploy.md)';
const MADE = 'Keys login identities or fingerprints; made here, known to nobody, never beside the database';
const MAKE_KEY = { generateSecretString: { passwordLength: 64, excludePunctuation: true } };

/** Who may what: the platform's roles, the two keys, and the credentials that processes start with. */
export class IdentityStack extends Stack {
  readonly credentialsKey: kms.CfnKey;
  readonly platformKey: kms.CfnKey;
  readonly secrets: ProcessSecrets;

  constructor(scope: Construct, id: string, { environment, ...props }: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    const { roles, keyPolicy } = policiesOf(environment);
    const made = roles.map((each) => new PlatformRole(this, each));
    this.credentialsKey = credentialsKey(this, keyPolicy);
    // KMS takes no policy that names a role which is not there.
    new CfnOutput(this, 'CredentialsKeyArn', { value: this.credentialsKey.attrArn, description: 'For the stack of the same key in another region' });
    for (const { role } of made) this.credentialsKey.addResourceDependency(role);
    this.platformKey = platformKey(this, environment, ['logs', 'topic', 'trail', 'tasks']);
    const written = writtenSecrets(environment).map((name) => [name, this.#secret(environment, name, WRITTEN, {})] as const);
    const keys = madeKeys(environment).map((name) => [name, this.#secret(environment, name, MADE, MAKE_KEY)] as const);
    this.secrets = Object.fromEntries([...written, ...keys]);
  }

  #secret(environment: Environment, name: ProcessSecret, description: string, more: Pick<secrets.CfnSecretProps, 'generateSecretString'>): secrets.CfnSecret {
    const secret = new secrets.CfnSecret(this, name, {
      name: secretName(environment, name),
      description,
      kmsKeyId: this.platformKey.attrArn,
      ...copies(environment),
      ...more,
    });
    keep(secret);
    const why =
      'It is changed by a person in steps that other processes must follow (docs/keys.md, docs/database-roles.md): a rotation by Lambda would lock them out.';
    because(secret, why, 'SMG4', 'solutions');
    because(secret, why, 'SecretsManagerRotationEnabled', 'hipaa', 'nist5');
    return secret;
  }
}

/** Under the key of the same name in the second region, which is made before (stack `copies`). */
const copies = ({ replica }: Environment): Pick<secrets.CfnSecretProps, 'replicaRegions'> =>
  replica ? { replicaRegions: [{ region: replica.region, kmsKeyId: PLATFORM_KEY }] } : {};

/** Whatever holds the only copy of something outlives its stack. */
export function keep(resource: CfnResource): void {
  resource.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}
