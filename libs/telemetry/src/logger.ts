import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** Keys whose values never reach a log, at the top level and one or two levels down. `Secret` masks itself everywhere else. */
const HIDDEN_KEYS = [
  'password', 'passwd', 'pass', 'secret', 'mfa_seed', 'mfaSeed', 'oauth_client_secret', 'custom_fields', 'credentials', 'credential', 'payload',
  'authorization', 'cookie', 'set-cookie', 'token', 'SecretString', 'SecretBinary', 'Value', 'username', 'user', 'databaseUrl', 'connectionString', 'result',
];
const REDACTED_PATHS = HIDDEN_KEYS.flatMap((key) => {
  const step = /^[A-Za-z_]\w*$/.test(key) ? key : null;
  return step ? [step, `*.${step}`, `*.*.${step}`] : [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`];
});

/** What may be said about an error. A driver's or SDK's own fields (`$response`, `query`, `detail`) can hold row contents, so they are not copied. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: typeof error };
  const code = (error as { code?: unknown }).code;
  const details = (error as { details?: unknown }).details;
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(details && typeof details === 'object' ? { details } : {}),
    stack: error.stack?.split('\n').slice(1, 6).join('\n'),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

export interface LoggerOptions {
  /** Name of the process, in every line. */
  readonly name: string;
  /** pino level. Default `info`. */
  readonly level?: string;
  /** Default stderr: stdout belongs to a command's result. */
  readonly destination?: DestinationStream;
}

/** One JSON line per event, secrets masked by key and by type. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      serializers: { err: describeError, error: describeError },
      base: { name: options.name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
