import { type RcmError, withDeadline } from '@rcm/telemetry';
import { maySessionBeOver } from './aws-error.ts';
import type { CallOptions } from './store.ts';

/** AWS keys as the SDK takes them; `expiration` makes it ask the provider again in time. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Credentials that may be taken back before they end. */
export interface AwsSession {
  get(): Promise<AwsCredentials>;
  /** What `get` would give without asking anybody; `null` where there is nothing. */
  held(): AwsCredentials | null;
  /** Whether there are others than these now; not where these are so young that others would be refused as well. */
  replaced(refused: AwsCredentials): Promise<boolean>;
}

/** Where and as whom a store talks to AWS. */
export interface AwsAccess {
  readonly region: string;
  /** Default: AWS's own address for the region. */
  readonly endpoint?: string | undefined;
  /** Default: the SDK's own chain. */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>) | AwsSession | undefined;
  /** Tries of one call, the first included. Default 4. */
  readonly maxAttempts?: number;
  /** Told of each attempt that leaves the process, repeats included, by its command (`GetParameterCommand`). Default: nobody is. */
  readonly onAttempt?: ((command: string) => void) | undefined;
}

/** Deadline of one call with its retries, in ms. */
export const CALL_DEADLINE_MS = 10_000;

/** Constructor options of every SDK client here: kept-alive connections, bounded retries, no endless wait for a socket. */
export function clientOptions({ region, endpoint, credentials, maxAttempts = 4 }: AwsAccess) {
  return {
    region,
    maxAttempts,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true, httpAgent: AGENT, httpsAgent: AGENT },
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials: isSession(credentials) ? providerOf(credentials) : credentials } : {}),
  };
}

/** What every client of the SDK has of its middleware. */
interface SdkClient {
  readonly middlewareStack: { add(middleware: Middleware, options: { step: 'deserialize'; priority: 'low' }): void };
}
type Middleware = <A, R>(next: (args: A) => Promise<R>, context: { readonly commandName?: string }) => (args: A) => Promise<R>;

/** The client, made to tell `onAttempt`: as the SDK's last step before the wire, so that each repeat is told of, and none that got no credentials. */
export function telling<C extends SdkClient>(client: C, { onAttempt }: AwsAccess): C {
  if (onAttempt)
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        (args) => {
          onAttempt(commandName);
          return next(args);
        },
      { step: 'deserialize', priority: 'low' },
    );
  return client;
}

/**
 * Makes a call, and once more where AWS refused the session that was held before it and there is another one now. A refused call has
 * changed nothing. Fails as the call does, and as the session where it cannot be replaced.
 */
export async function withSession<T>({ credentials }: AwsAccess, act: () => Promise<T>): Promise<T> {
  const session = isSession(credentials) ? credentials : null;
  const used = session?.held() ?? null;
  try {
    return await act();
  } catch (error) {
    if (session === null || used === null || !maySessionBeOver(error) || !(await session.replaced(used))) throw error;
    return act();
  }
}

export interface AwsCallAccess extends AwsAccess {
  /** Deadline of one call, retries included, in ms. Default 10 000. */
  readonly deadlineMs?: number;
}

/** How a store makes each of its calls: under a deadline, once more with another session where that was refused, what AWS says translated. */
export const awsCall =
  ({ deadlineMs = CALL_DEADLINE_MS, ...access }: AwsCallAccess, translate: (error: unknown, what: string) => RcmError) =>
  <T>(what: string, options: CallOptions, act: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline({ ms: deadlineMs, what, ...options }, (signal) => withSession(access, () => act(signal))).catch((error: unknown) => {
      throw translate(error, what);
    });

const isSession = (credentials: AwsAccess['credentials']): credentials is AwsSession => credentials !== undefined && 'replaced' in credentials;

/** The SDK would keep what a provider gave until five minutes before its end; `memoized` tells it that it is kept here. */
const providerOf = (session: AwsSession) => Object.assign(() => session.get(), { memoized: true });

/** Options, not an agent: each client makes its own and closes it with itself. */
const AGENT = { keepAlive: true, maxSockets: 50 } as const;
