import { isRcmError } from './error.ts';
import { Secret } from './secret.ts';

const REDACTED = '[redacted]';
const MAX_DEPTH = 8;
const MAX_ITEMS = 200;
const MAX_CAUSES = 5;

/** Compared without case, `_` and `-`: `mfa_seed`, `mfaSeed` and `MFA-Seed` are one name. */
const HIDDEN_NAMES = new Set([
  ...['user', 'username', 'pass', 'passwd', 'mfaseed', 'totp', 'otp', 'oauthclientsecret', 'customfields', 'credential', 'credentials', 'payload'],
  ...['authorization', 'cookie', 'setcookie', 'secretstring', 'secretbinary', 'value', 'databaseurl', 'connectionstring', 'identitykey'],
  // What a portal said or was asked about a patient.
  ...['result', 'input', 'body', 'html'],
]);
const HIDDEN_ENDINGS = /(password|secret|token|seed|apikey|accesskey|privatekey)$/;

const isHidden = (key: string): boolean => {
  const name = key.toLowerCase().replace(/[_-]/g, '');
  return HIDDEN_NAMES.has(name) || HIDDEN_ENDINGS.test(name);
};

/** Takes the user name and password out of every URL in a text. */
const maskUrls = (text: string): string => text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, `$1${REDACTED}@`);

/**
 * A copy of `value` that may be logged: hidden names masked at any depth, secrets and URL passwords masked, errors described,
 * bytes left out. Bounded: below 8 levels and beyond 200 entries it says so instead of going on.
 */
export function maskForLog(value: unknown): unknown {
  return mask(value, []);
}

function mask(value: unknown, parents: readonly object[]): unknown {
  if (typeof value === 'string') return maskUrls(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Secret || value instanceof Date) return value;
  if (value instanceof Error) return describeError(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (parents.includes(value)) return '[circular]';
  if (parents.length >= MAX_DEPTH) return '[too deep]';
  const path = [...parents, value];
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => mask(item, path));
    return value.length > MAX_ITEMS ? [...items, `[${value.length - MAX_ITEMS} more]`] : items;
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return mask(value.toJSON(), path);
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([key, inner]) => [key, isHidden(key) && inner !== null && inner !== undefined ? REDACTED : mask(inner, path)]));
}

/**
 * What may be said about an error. Fields of a driver's or SDK's own (`$response`, `query`, `detail`) can hold row contents
 * and are not copied; a SyntaxError quotes what it could not parse, so its message is not either.
 */
export function describeError(error: unknown, causes = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: `a thrown ${typeof error}` };
  const code = (error as { code?: unknown }).code;
  const further = error.cause !== undefined && causes < MAX_CAUSES;
  return {
    name: error.name,
    message: error instanceof SyntaxError ? '[not shown: it may quote its input]' : maskUrls(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(isRcmError(error) ? { details: maskForLog(error.details) } : {}),
    stack: stackFrames(error),
    ...(further ? { cause: describeError(error.cause, causes + 1) } : {}),
    ...(error instanceof AggregateError && causes < MAX_CAUSES ? { errors: error.errors.slice(0, 3).map((inner) => describeError(inner, MAX_CAUSES)) } : {}),
  };
}

/** The frames alone: the lines above them repeat the message. */
const stackFrames = (error: Error): string =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5)
    .join('\n');
