import { deviceReference, parseReference, secretPath, type SecretReference } from '@rcm/credentials';

/** Whose secret it is. */
interface Removed {
  readonly secretArn: string | null;
  readonly endpointId: string;
  /** Whether a device of it was ever kept beside it. */
  readonly hasDevice: boolean;
}

/**
 * What removes a secret, and what the portal knew the device by where that was ever kept, in each store's own way; of AWS's, Secrets Manager alone can take a removal back. `null`: there
 * is none. Parameter Store takes a name and no ARN, and in every account of a deployment the same name is that login's: so it is asked first whose credentials are at hand.
 */
export function removalOf({ secretArn, endpointId, hasDevice }: Removed): string | null {
  if (secretArn === null) return null;
  const login = parseReference(secretArn);
  const devices = hasDevice ? [deviceReference(login, endpointId)] : [];
  return [login, ...devices].map((reference) => removing(reference, secretArn)).join(' && ');
}

function removing(reference: SecretReference, secretArn: string): string {
  const path = secretPath(reference);
  switch (reference.store) {
    case 'ssm': {
      const { region, accountId } = reference;
      const here = `test "$(aws sts get-caller-identity --query Account --output text)" = ${accountId}`;
      return `${here} && aws ssm delete-parameter --region ${region} --name /${path}`;
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
