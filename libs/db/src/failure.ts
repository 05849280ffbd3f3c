import { hasCode, isRcmError, RcmError } from '@rcm/telemetry';

/** What is known about a failure of pg, Prisma or its adapter, whichever layer it comes from. */
interface Symptoms {
  /** SQLSTATE, where Postgres itself answered. */
  readonly sqlState: string | null;
  readonly constraint: string | null;
  /** Prisma's (`P2024`), Node's (`ECONNREFUSED`) or the adapter's own name (`SocketTimeout`) for it; empty if none. */
  readonly code: string;
  /** The layers' messages. They can quote values: for matching only. */
  readonly words: string;
  /** The innermost message: Postgres's own. */
  readonly sentence: string;
}

/**
 * What means "not now", by SQLSTATE, code or words, and how it is said. SQLSTATE classes: 08 connection, 53 resources, 57 operator or time-out,
 * 28 login, 3D database, 40 rollback (deadlock), 25006 a server that only reads, 25P03 idle transaction ended, 55P03 lock time-out.
 * The words are of pg and pg-pool, which give no code.
 */
const UNAVAILABLE: readonly (readonly [RegExp, string])[] = [
  [/does not support SSL connections/i, 'it offers no TLS, and its URL asks for it'],
  [
    /opening a TLS connection: .*(certificate|altnames)|^ *(ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)\w*)$/i,
    'its certificate is not by a CA known here (RCM_DATABASE_CA_FILE), or not for the host in its URL',
  ],
  [/^53100$/, 'its disk is full'],
  [/^53200$/, 'it is out of memory'],
  [/^(53300|P2037|TooManyConnections)$/, 'it takes no more connections'],
  [/^(3D000|P1003|DatabaseDoesNotExist)$/, 'the database does not exist'],
  [/^(28\w{3}|P1000|P1010|AuthenticationFailed|DatabaseAccessDenied)$/, 'it refused the login'],
  [/^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|P1001|DatabaseNotReachable)$/, 'nobody answers at its address'],
  [/^25006$/, 'it only reads now: it follows another server, or was told to'],
  [/^(57014|55P03|25P03|P1008)$|query read timeout/i, 'it took too long'],
  [/^(ETIMEDOUT|P1002|SocketTimeout)$|timeout expired|connection terminated due to connection timeout/i, 'it did not answer in time'],
  [/^(P2024|P2028)$|timeout exceeded when trying to connect/i, 'no connection became free in time'],
  [/^(40\w{3}|P2034|TransactionWriteConflict)$/, 'the transaction met another one'],
  [/^(08|53|57)\w{3}$|^(ECONNRESET|EPIPE|P1011|P1017|ConnectionClosed)$/, 'the connection was lost'],
  [/connection terminated|client has encountered a connection error|not queryable|connection (was )?closed|after calling end/i, 'the connection was lost'],
];

const SQL_STATE = /^(?!P[123]\d{3}$)[0-9A-Z]{5}$/;

type Layer = Readonly<Record<string, unknown>>;

/** Error, its cause, what Prisma wraps around the adapter's error: outermost first. */
function* layers(error: unknown): Generator<Layer> {
  let current = error;
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth += 1) {
    const layer = current as Record<string, unknown>;
    yield layer;
    current = (layer.meta as Record<string, unknown> | undefined)?.driverAdapterError ?? layer.cause;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function symptomsOf(error: unknown): Symptoms {
  const found = { sqlState: '', constraint: '', code: '', words: '', sentence: '' };
  for (const layer of layers(error)) {
    const [own, original, message] = [text(layer.code), text(layer.originalCode), text(layer.originalMessage) || text(layer.message)];
    found.sqlState ||= [original, own].find((candidate) => SQL_STATE.test(candidate) && !candidate.startsWith('E')) ?? '';
    // Prisma's P2010 only says that there is a cause: whatever the cause calls itself tells more.
    if (!found.code || found.code === 'P2010') found.code = [own, text(layer.kind)].find((name) => name && name !== found.sqlState) ?? found.code;
    found.constraint ||= constraintOf(layer, message);
    found.words += ` ${message}`;
    found.sentence = message || found.sentence;
  }
  return { sqlState: found.sqlState || null, constraint: found.constraint || null, code: found.code, words: found.words, sentence: found.sentence };
}

/** By its name, by that of its index, or by Postgres's own sentence. */
function constraintOf({ constraint }: Layer, message: string): string {
  const index = (constraint as { readonly index?: unknown } | undefined)?.index;
  return text(constraint) || text(index) || (/violates [a-z- ]*constraint "([^"]+)"/.exec(message)?.[1] ?? '');
}

/**
 * The one edge at which database failures become `RcmError`. The driver's own error does not go on as a cause, because it can quote a row
 * or an argument (Postgres's DETAIL, Prisma's echo of a call): only SQLSTATE and constraint name do, and Postgres's sentence
 * where it can only be about names (class 42: syntax, unknown table, permission).
 */
export function translateFailure(error: unknown): unknown {
  if (isRcmError(error)) return error;
  const symptoms = symptomsOf(error);
  const { sqlState, constraint, code } = symptoms;
  const details = { ...(sqlState ? { sqlState } : {}), ...(constraint ? { constraint } : {}), ...(code ? { driverCode: code } : {}) };
  const reason = whyUnavailable(symptoms);
  if (reason) return new RcmError('database_unavailable', `Postgres cannot be used right now: ${reason}.`, { details });
  const where = constraint ? ` (${constraint})` : '';
  if (sqlState === '23505') return new RcmError('state_conflict', `A row like this is already there${where}.`, { details });
  if (/^2[23]/.test(sqlState ?? '')) return new RcmError('input_invalid', `Postgres refused a value${where}.`, { details });
  return new RcmError('database_failed', `A database operation failed: ${whatFailed(symptoms)}.`, { details });
}

const whyUnavailable = ({ sqlState, code, words }: Symptoms): string | undefined =>
  UNAVAILABLE.find(([pattern]) => [sqlState ?? '', code, words].some((symptom) => symptom !== '' && pattern.test(symptom)))?.[1];

const whatFailed = ({ sqlState, code, sentence }: Symptoms): string => (sqlState?.startsWith('42') ? sentence : (sqlState ?? (code || 'unknown')));

export async function translated<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw translateFailure(error);
  }
}

/** Whether Postgres cannot be used right now, also where that is heard of by an audit event that could not be written: whoever meets it has done nothing wrong, and tries again once it is back. */
export const isDatabaseAway = (error: unknown): boolean =>
  hasCode(error, 'database_unavailable') || (hasCode(error, 'audit_unavailable') && isDatabaseAway(error.cause));
