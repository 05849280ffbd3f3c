import { aws_secretsmanager as secrets, CfnDeletionPolicy, CfnOutput, type CfnResource, type aws_kms as kms, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../configuration/read-configuration.ts';
import { credentialsKey, platformKey } from './keys.ts';
import { PLATFORM_KEY, type ProcessSecret, secretName } from './names.ts';
import { policiesOf } from './policies-of.ts';
import type { ProcessSecrets } from './process-secrets.ts';
import { because } from './reasons.ts';
import { PlatformRole } from './roles.ts';

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
      ...(environment.console
        ? {
            'console-database-url': databaseUrl('console-database-url'),
            'console-client-secret': this.#secret(environment, 'console-client-secret', 'What the console proves itself to the issuer with', {}),
          }
        : {}),
    };
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
