import { aws_secretsmanager as secrets, CfnDeletionPolicy, type CfnResource, type aws_kms as kms, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { credentialsKey, platformKey } from './keys.ts';
import { type ProcessSecret, secretName } from './names.ts';
import { policiesOf } from './policies-of.ts';
import { PlatformRole } from './roles.ts';

/** Who may what: the platform's roles, the two keys, and the credentials that processes start with. */
export class IdentityStack extends Stack {
  readonly credentialsKey: kms.CfnKey;
  readonly platformKey: kms.CfnKey;
  readonly secrets: Readonly<Record<ProcessSecret, secrets.CfnSecret>>;

  constructor(scope: Construct, id: string, { environment, ...props }: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    const { roles, keyPolicy } = policiesOf(environment);
    const made = roles.map((each) => new PlatformRole(this, each));
    this.credentialsKey = credentialsKey(this, keyPolicy);
    // KMS takes no policy that names a role which is not there.
    for (const { role } of made) this.credentialsKey.addResourceDependency(role);
    this.platformKey = platformKey(this, environment);
    const databaseUrl = (name: ProcessSecret) => this.#secret(environment, name, 'A login of Postgres: written by whoever makes it, never by the stack', {});
    this.secrets = {
      'agent-database-url': databaseUrl('agent-database-url'),
      'rotator-database-url': databaseUrl('rotator-database-url'),
      'migrator-database-url': databaseUrl('migrator-database-url'),
      'heads-database-url': databaseUrl('heads-database-url'),
      'owner-database-url': databaseUrl('owner-database-url'),
      'identity-key': this.#secret(environment, 'identity-key', 'Keys login identities; made here, known to nobody, never beside the database', {
        generateSecretString: { passwordLength: 64, excludePunctuation: true },
      }),
    };
  }

  #secret(environment: Environment, name: ProcessSecret, description: string, more: Pick<secrets.CfnSecretProps, 'generateSecretString'>): secrets.CfnSecret {
    const secret = new secrets.CfnSecret(this, name, { name: secretName(environment, name), description, kmsKeyId: this.platformKey.attrArn, ...more });
    keep(secret);
    Validations.of(secret).acknowledge(
      ...['AwsSolutions-SMG4', 'HIPAA.Security-SecretsManagerRotationEnabled', 'NIST.800.53.R5-SecretsManagerRotationEnabled'].map((rule) => ({
        id: rule,
        reason:
          'It is changed by a person in steps that other processes must follow (docs/keys.md, docs/database-roles.md): a rotation by Lambda would lock them out.',
      })),
    );
    return secret;
  }
}

/** Whatever holds the only copy of something outlives its stack. */
export function keep(resource: CfnResource): void {
  resource.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
  resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
}
