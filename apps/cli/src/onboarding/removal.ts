import { deviceReference, parseReference, secretPath, type SecretReference } from '@rcm/credentials';

export interface RemovalContext {
  readonly now: Date;
  /** Where the deployment keeps copies (`RCM_AWS_REPLICA_REGION`); `undefined`: nowhere. */
  readonly replicaRegion: string | undefined;
}

/** Whose secret it is. */
interface Removed extends Pick<RemovalContext, 'replicaRegion'> {
  readonly secretArn: string | null;
  readonly endpointId: string;
  /** Whether a device of it was ever kept beside it. */
  readonly hasDevice: boolean;
}

/**
 * What removes a secret, its copy in the second region, and what the portal knew the device by where that was ever kept, in each store's own way; of AWS's, Secrets Manager alone can take a removal back. `null`: there
 * is none. Parameter Store takes a name and no ARN, and in every account of a deployment the same name is that login's: so it is asked first whose credentials are at hand.
 */
export function removalOf({ secretArn, endpointId, hasDevice, replicaRegion }: Removed): string | null {
  if (secretArn === null) return null;
  const login = parseReference(secretArn);
  const devices = hasDevice ? [deviceReference(login, endpointId)] : [];
  const steps = [...copiesEnd(login, secretArn, replicaRegion), ...[login, ...devices].map((reference) => removing(reference, secretArn))];
  return steps.join(' && ');
}

/** First: Secrets Manager deletes no secret that still has a replica, and of a parameter nothing else names the copy once it is gone itself. */
function copiesEnd(login: SecretReference, secretArn: string, replicaRegion: string | undefined): readonly string[] {
  if (replicaRegion === undefined || login.store === 'vault' || login.region === replicaRegion) return [];
  // The plural takes a name that is not there for done, as where the copy was never made.
  if (login.store === 'ssm') return [`${isIn(login.accountId)} && aws ssm delete-parameters --region ${replicaRegion} --names /${secretPath(login)}`];
  return [`aws secretsmanager remove-regions-from-replication --region ${login.region} --remove-replica-regions ${replicaRegion} --secret-id ${secretArn}`];
}

const isIn = (accountId: string): string => `test "$(aws sts get-caller-identity --query Account --output text)" = ${accountId}`;

function removing(reference: SecretReference, secretArn: string): string {
  const path = secretPath(reference);
  switch (reference.store) {
    case 'ssm': {
      const { region, accountId } = reference;
      return `${isIn(accountId)} && aws ssm delete-parameter --region ${region} --name /${path}`;
    }
    case 'secrets-manager': {
      // Of a device the six characters at the end of its ARN are not known here.
      const id = reference.folder === 'devices' ? path : secretArn;
      return `aws secretsmanager delete-secret --region ${reference.region} --recovery-window-in-days 30 --secret-id ${id}`;
    }
    case 'vault':
      return `vault kv metadata delete -mount=${reference.mount} ${path}`;
  }
}
