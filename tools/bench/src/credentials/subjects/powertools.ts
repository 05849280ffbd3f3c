import { SSMProvider } from '@aws-lambda-powertools/parameters/ssm';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { BenchSecret } from '../secrets.ts';
import type { Subject, SubjectOptions } from './subject.ts';

/** One client for all tenants: the library knows of no tenants. */
export function powertools({ account, ttlMs }: SubjectOptions): Subject {
  const { region, endpoint, credentials } = account;
  const client = new SSMClient({ region, endpoint, credentials });
  const provider = new SSMProvider({ awsSdkV3Client: client });
  const options = { transform: 'json', decrypt: true, maxAge: ttlMs / 1000 } as const;
  return {
    read: (secret) => provider.get(secret.name, options),
    /** Its own batch call, ten names at a time and one after the other; all tenants' side by side. One that fails fails its batch. */
    async readMany(secrets) {
      const tenants = [...Map.groupBy(secrets, ({ orgId }) => orgId).values()];
      const ends = await Promise.allSettled(tenants.map((own) => provider.getParametersByName(namesOf(own), options)));
      return ends.flatMap((end, i) => (tenants[i] ?? []).map(() => end));
    },
    counterOf: (answer) => (answer as { readonly metadata: { readonly rotation_counter: number } }).metadata.rotation_counter,
    close: async () => client.destroy(),
  };
}

const namesOf = (secrets: readonly BenchSecret[]): Record<string, object> => Object.fromEntries(secrets.map(({ name }) => [name, {}]));
