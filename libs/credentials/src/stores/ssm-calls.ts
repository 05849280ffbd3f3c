import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  type Parameter,
  type ParameterHistory,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { RcmError, Secret } from '@rcm/telemetry';
import { awsCall, type AwsCallAccess, clientOptions, telling } from './aws-client.ts';
import { isNamed, translateAwsError } from './aws-error.ts';
import type { AskedTier, SsmTier } from './size-policy.ts';
import type { CallOptions, SecretTags, StoredSecret } from './store.ts';

export interface SsmAccess extends AwsCallAccess {
  /** ARN, id or alias of the customer key. Every write names it: without it SSM takes a key that the whole account may use. */
  readonly kmsKeyId: string;
  /** Called once with each client, to add middleware. */
  readonly instrument?: (client: SSMClient) => void;
}

/** A kept version without its value. */
export interface SsmVersionFacts {
  readonly version: number;
  readonly labels: readonly string[];
  /** A regular expression that the values of the parameter have to satisfy; `null` where there is none. */
  readonly allowedPattern: string | null;
}

/** The calls to Parameter Store that the SSM store is made of, errors translated. Names start with a slash. */
interface NewParameter {
  readonly text: Secret<string>;
  readonly tier: AskedTier;
  readonly tags: SecretTags;
}

export interface SsmCalls {
  get(name: string, options?: CallOptions): Promise<StoredSecret | null>;
  /** One version out of the history (100 are kept); `null` where it is gone. */
  getVersion(name: string, version: number, options?: CallOptions): Promise<StoredSecret | null>;
  /** Up to 10 names; those that do not exist are not in the map. */
  getMany(names: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, StoredSecret>>;
  /** Last segments of the names right below a path, the youngest parameter first; at most 500. No value is decrypted. */
  list(path: string, options?: CallOptions): Promise<readonly string[]>;
  /** The version, or `null` where the name is taken. */
  create(name: string, made: NewParameter, options?: CallOptions): Promise<string | null>;
  /** Sent once, never repeated by the SDK: a repeated one could overwrite what somebody wrote in between. */
  overwrite(name: string, text: Secret<string>, tier: SsmTier, options?: CallOptions): Promise<number>;
  /** The versions that are kept (100 at most), the oldest first; none where the name does not exist. No value is decrypted. */
  history(name: string, options?: CallOptions): Promise<readonly SsmVersionFacts[]>;
  /**
   * An overwrite that only a text of this pattern can pass. `null`: SSM refused it for the pattern, having allowed the call. A
   * number: it was written, and this is the new version. Sent once.
   */
  tryOverwrite(name: string, text: Secret<string>, pattern: string, options?: CallOptions): Promise<number | null>;
  remove(name: string, options?: CallOptions): Promise<void>;
  close(): void;
}

/**
 * A login has a copy per abandoned attempt of a month at least. SSM names them in the order of their paths, which says nothing of their age: what is left
 * out may be the newest, so this is far more than a failing rotation a day leaves.
 */
const MOST_LISTED = 500;
/** What SSM keeps of one parameter. */
const MOST_VERSIONS = 100;

export function createSsmCalls({ kmsKeyId, instrument, ...access }: SsmAccess): SsmCalls {
  const { client, once } = openClients(access, instrument);
  const call = awsCall(access, translateSsmError);
  const read = (what: string, name: string, options: CallOptions): Promise<StoredSecret | null> =>
    call(what, options, async (abortSignal) => {
      const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }), { abortSignal });
      return storedSecret(Parameter);
    }).catch(nullWhere('secret_missing'));
  const put = (text: Secret<string>, rest: Omit<PutParameterCommandInput, 'Value'>) =>
    new PutParameterCommand({ Type: 'SecureString', KeyId: kmsKeyId, Value: text.reveal(), ...rest });

  return {
    get: (name, options = {}) => read('Reading a secret from SSM', name, options),
    getVersion: (name, version, options = {}) => read('Reading an earlier version from SSM', `${name}:${version}`, options),
    getMany: (names, options = {}) =>
      call('Reading secrets from SSM', options, async (abortSignal) => {
        const { Parameters = [] } = await client.send(new GetParametersCommand({ Names: [...names], WithDecryption: true }), { abortSignal });
        return new Map(Parameters.map((parameter) => [parameter.Name ?? '', storedSecret(parameter)]));
      }),
    list: (path, options = {}) =>
      call('Looking for staged secrets in SSM', options, async (abortSignal) => {
        const below = { Path: path, WithDecryption: false };
        const found = await readPages(MOST_LISTED, (more) => client.send(new GetParametersByPathCommand({ ...below, ...more }), { abortSignal }));
        return youngestFirst(found).map(({ Name = '' }) => Name.slice(path.length + 1));
      }),
    create: (name, { text, tier, tags }, options = {}) =>
      call('Creating a secret in SSM', options, async (abortSignal) => {
        const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: String(Value) }));
        const { Version } = await client.send(put(text, { Name: name, Overwrite: false, Tier: tier, Tags }), { abortSignal });
        return String(writtenVersion(Version));
      }).catch(nullWhere('secret_exists')),
    overwrite: (name, text, tier, options = {}) =>
      call('Writing a secret to SSM', options, async (abortSignal) => {
        // Naming the standard tier would be refused for a parameter that is advanced already; SSM keeps the tier it has.
        const { Version } = await once.send(put(text, { Name: name, Overwrite: true, ...(tier === 'Advanced' ? { Tier: tier } : {}) }), { abortSignal });
        return writtenVersion(Version);
      }),
    history: (name, options = {}) =>
      call('Looking at the versions of a secret in SSM', options, async (abortSignal) => {
        const all = { Name: name, WithDecryption: false, MaxResults: 50 };
        const found = await readPages(MOST_VERSIONS, (more) => client.send(new GetParameterHistoryCommand({ ...all, ...more }), { abortSignal }));
        return found.map(factsOf).sort((a, b) => a.version - b.version);
      }).catch((error: unknown) => nullWhere('secret_missing')(error) ?? []),
    tryOverwrite: (name, text, pattern, options = {}) =>
      call('Rehearsing a write to SSM', options, async (abortSignal) => {
        const { Version } = await once.send(put(text, { Name: name, Overwrite: true, AllowedPattern: pattern }), { abortSignal }).catch((error: unknown) => {
          if (isNamed(error, 'ParameterPatternMismatchException')) return { Version: null };
          throw error;
        });
        return Version === null ? null : writtenVersion(Version);
      }),
    remove: (name, options = {}) =>
      call('Deleting a staged secret from SSM', options, async (abortSignal) => {
        await client.send(new DeleteParameterCommand({ Name: name }), { abortSignal });
      }).catch((error: unknown) => void nullWhere('secret_missing')(error)),
    close: () => {
      client.destroy();
      once.destroy();
    },
  };
}

/** One that repeats what was not answered, and one that sends `once`; they have the same connections. */
function openClients(access: AwsCallAccess, instrument: SsmAccess['instrument']): { readonly client: SSMClient; readonly once: SSMClient } {
  const client = telling(new SSMClient(clientOptions(access)), access);
  const once = telling(new SSMClient({ ...clientOptions({ ...access, maxAttempts: 1 }), requestHandler: client.config.requestHandler }), access);
  instrument?.(client);
  instrument?.(once);
  return { client, once };
}

interface Page<T> {
  readonly Parameters?: readonly T[] | undefined;
  readonly NextToken?: string | undefined;
}

/** Page after page, until there is no other or as many were read as are wanted. */
async function readPages<T>(most: number, read: (more: { readonly NextToken?: string }) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let NextToken: string | undefined;
  do {
    const page = await read(NextToken ? { NextToken } : {});
    found.push(...(page.Parameters ?? []));
    ({ NextToken } = page);
  } while (NextToken && found.length < most);
  return found;
}

function youngestFirst(parameters: Parameter[]): Parameter[] {
  const age = ({ LastModifiedDate }: Parameter): number => LastModifiedDate?.getTime() ?? 0;
  return parameters.sort((a, b) => age(b) - age(a));
}

const factsOf = ({ Version = 0, Labels = [], AllowedPattern }: ParameterHistory): SsmVersionFacts => ({
  version: Version,
  labels: Labels,
  allowedPattern: AllowedPattern || null,
});

/** Whatever answered without it was not SSM. */
function writtenVersion(version: number | undefined): number {
  if (version === undefined) throw new RcmError('store_unavailable', 'SSM answered a write without a version; whether it wrote is found out by a read.');
  return version;
}

function storedSecret(parameter: Parameter | undefined): StoredSecret {
  if (parameter?.Value === undefined || parameter.Version === undefined) throw new RcmError('store_unavailable', 'SSM answered without a value.');
  return { text: new Secret(parameter.Value), version: String(parameter.Version) };
}

/** The one place that knows Parameter Store's error names. */
function translateSsmError(error: unknown, what: string): RcmError {
  if (isNamed(error, 'ParameterNotFound', 'ParameterVersionNotFound')) return new RcmError('secret_missing', `${what} failed: it is not there.`);
  if (isNamed(error, 'ParameterAlreadyExists')) return new RcmError('secret_exists', `${what} failed: the name is taken.`);
  return translateAwsError(error, what);
}

const nullWhere =
  (code: RcmError['code']) =>
  (error: unknown): null => {
    if (error instanceof RcmError && error.code === code) return null;
    throw error;
  };
