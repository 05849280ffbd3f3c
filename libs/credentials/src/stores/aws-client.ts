/** AWS keys as the SDK takes them; `expiration` makes it ask the provider again in time. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Where and as whom a store talks to AWS. */
export interface AwsAccess {
  readonly region: string;
  /** Default: AWS's own address for the region. */
  readonly endpoint?: string | undefined;
  /** Default: the SDK's own chain. */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>) | undefined;
  /** Tries of one call, the first included. Default 4. */
  readonly maxAttempts?: number;
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
    ...(credentials ? { credentials } : {}),
  };
}

/** Options, not an agent: each client makes its own and closes it with itself. */
const AGENT = { keepAlive: true, maxSockets: 50 } as const;
