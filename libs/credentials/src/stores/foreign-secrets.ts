import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RcmError, Secret, withDeadline } from '@rcm/telemetry';
import { type AwsAccess, CALL_DEADLINE_MS, clientOptions } from './aws-client.ts';
import { isNamed, translateAwsError } from './aws-error.ts';

/** A secret that somebody else keeps in Secrets Manager. */
export interface ForeignSecret {
  readonly name: string;
  /** `null`: it is no text, or has none now. */
  readonly text: Secret<string> | null;
}

export interface ForeignQuestion {
  /** How their names begin; at least one character, so that nobody reads an account as a whole. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

/** As AWS allows them in a name. */
const PREFIX = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const PAGE = 100;
/** A hundred pages: nobody has so many logins under one name. */
const MOST_SECRETS = 10_000;

/**
 * Whatever is kept under names that begin so, by name, with the credentials of the access: read-only, one after the other, each call with a deadline. Fails with
 * `input_invalid`, where there are more than 10,000 or the beginning is no beginning of a name, and as a store does.
 */
export async function readForeignSecrets(access: AwsAccess, { prefix, signal }: ForeignQuestion): Promise<readonly ForeignSecret[]> {
  if (!PREFIX.test(prefix)) throw new RcmError('input_invalid', '--prefix is how names of secrets begin: letters, digits and /_+=.@- alone. Nothing was done.');
  const client = new SecretsManagerClient(clientOptions(access));
  const call = <T>(what: string, act: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> =>
    withDeadline({ ms: CALL_DEADLINE_MS, what, signal }, (abortSignal) => act({ abortSignal })).catch((error: unknown) => {
      throw translateAwsError(error, what);
    });
  try {
    const found: ForeignSecret[] = [];
    for (const { name, id } of await namesOf(client, prefix, call)) {
      const text = await call('Reading a secret', (options) =>
        client.send(new GetSecretValueCommand({ SecretId: id, VersionStage: 'AWSCURRENT' }), options),
      ).then(
        ({ SecretString }) => (SecretString === undefined ? null : new Secret(SecretString)),
        (error: unknown) => gone(error),
      );
      found.push({ name, text });
    }
    return found;
  } finally {
    client.destroy();
  }
}

type Call = <T>(what: string, act: (options: { abortSignal: AbortSignal }) => Promise<T>) => Promise<T>;

async function namesOf(client: SecretsManagerClient, prefix: string, call: Call): Promise<readonly { readonly name: string; readonly id: string }[]> {
  const names: { name: string; id: string }[] = [];
  for (let after: string | undefined; ;) {
    const asked = new ListSecretsCommand({ Filters: [{ Key: 'name', Values: [prefix] }], MaxResults: PAGE, SortOrder: 'asc', NextToken: after });
    const { SecretList = [], NextToken } = await call('Listing secrets', (options) => client.send(asked, options));
    // AWS compares without regard to case.
    for (const { Name: name = '', ARN: id = '' } of SecretList) if (name.startsWith(prefix)) names.push({ name, id });
    if (names.length > MOST_SECRETS)
      throw new RcmError('input_invalid', '--prefix: more than 10,000 secrets have such a name; say more of it. Nothing was done.');
    if (NextToken === undefined) return names;
    after = NextToken;
  }
}

/** One that has no value now, or was deleted since it was listed, is none; anything else is a failure. */
function gone(error: unknown): null {
  if (error instanceof RcmError && isNamed({ name: error.details.awsError }, 'ResourceNotFoundException')) return null;
  throw error;
}
