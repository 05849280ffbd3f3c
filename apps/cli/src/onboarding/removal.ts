import { parseReference } from '@rcm/credentials';

/**
 * What removes a secret, in each store's own way; of AWS's, Secrets Manager alone can take a removal back. `null`: there is none. Parameter Store takes a name and no ARN, and
 * in every account of a deployment the same name is that login's: so it is asked first whose credentials are at hand.
 */
export function removalOf(secretArn: string | null): string | null {
  if (secretArn === null) return null;
  const reference = parseReference(secretArn);
  switch (reference.store) {
    case 'ssm': {
      const { region, accountId } = reference;
      const here = `test "$(aws sts get-caller-identity --query Account --output text)" = ${accountId}`;
      return `${here} && aws ssm delete-parameter --region ${region} --name ${secretArn.slice(secretArn.indexOf('/'))}`;
    }
    case 'secrets-manager':
      return `aws secretsmanager delete-secret --region ${reference.region} --recovery-window-in-days 30 --secret-id ${secretArn}`;
    case 'vault':
      return `vault kv metadata delete -mount=${reference.mount} ${secretArn.slice(`vault:${reference.mount}/`.length)}`;
  }
}
