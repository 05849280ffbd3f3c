import { isRcmError, RcmError } from '@rcm/telemetry';

/** What is known about a failure of pg, Prisma or its adapter, whichever layer it comes from. Never the statement's values. */
interface Symptoms {
  /** SQLSTATE, where Postgres itself answered. */
  readonly sqlState: string | null;
  readonly constraint: string | null;
  /** Prisma code (`P2024`) or Node code (`ECONNREFUSED`). */
  readonly code: string;
  readonly words: string;
}

const SQL_STATE = /^[0-9A-Z]{5}$/;
/** Prisma: unreachable, time-outs, closed, no free connection, transaction could not start or was closed, too many connections. */
const PRISMA_UNAVAILABLE = new Set(['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1010', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);
const NODE_UNAVAILABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ENOENT']);
/** Adapter and pool say these without a code. */
const WORDS_UNAVAILABLE = /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error|not queryable|connection (was )?closed|pool after calling end/i;
const KINDS_UNAVAILABLE = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections', 'DatabaseDoesNotExist', 'DatabaseAccessDenied', 'AuthenticationFailed', 'TlsConnectionError', 'TransactionWriteConflict']);

/**
 * SQLSTATE classes that mean "not now": connection exceptions (08), too many connections (53), shutdown and cancelled by time-out (57),
 * no such database or login yet (3D, 28), idle transaction ended (25P03), lock time-out (55P03), deadlock or serialization (40).
 */
const isUnavailableState = (state: string): boolean => /^(08|53|57|3D|28|40)/.test(state) || state === '25P03' || state === '55P03';

function* chain(error: unknown): Generator<Record<string, unknown>> {
  let current = error;
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth += 1) {
    const node = current as Record<string, unknown>;
    yield node;
    const meta = node['meta'] as Record<string, unknown> | undefined;
    current = meta?.['driverAdapterError'] ?? node['cause'];
  }
}

function symptomsOf(error: unknown): Symptoms & { readonly unavailable: boolean } {
  let sqlState: string | null = null;
  let constraint: string | null = null;
  let code = '';
  let unavailable = false;
  const words: string[] = [];
  for (const node of chain(error)) {
    const text = (value: unknown): string => (typeof value === 'string' ? value : '');
    const own = text(node['code']);
    const original = text(node['originalCode']);
    for (const candidate of [original, own]) if (SQL_STATE.test(candidate) && !/^(P[123]\d{3}|E[A-Z]{4})$/.test(candidate)) sqlState ??= candidate;
    if (!code) code = own;
    const named = node['constraint'];
    if (typeof named === 'string') constraint ??= named;
    else if (named && typeof named === 'object') constraint ??= text((named as { index?: unknown }).index) || null;
    const message = text(node['originalMessage']) || text(node['message']);
    constraint ??= /violates [a-z- ]*constraint "([^"]+)"/.exec(message)?.[1] ?? null;
    words.push(message);
    unavailable ||= PRISMA_UNAVAILABLE.has(own) || NODE_UNAVAILABLE.has(own) || KINDS_UNAVAILABLE.has(text(node['kind'])) || WORDS_UNAVAILABLE.test(message);
  }
  if (sqlState && isUnavailableState(sqlState)) unavailable = true;
  return { sqlState, constraint, code, words: words.join(' '), unavailable };
}

/**
 * The one edge at which database failures become `RcmError`. The driver's own error is not kept as a cause where it can quote a
 * row or an argument (Postgres's DETAIL, Prisma's echo of a call): only SQLSTATE and constraint name go on.
 */
export function translateFailure(error: unknown): unknown {
  if (isRcmError(error)) return error;
  const { sqlState, constraint, code, unavailable } = symptomsOf(error);
  const details = { ...(sqlState ? { sqlState } : {}), ...(constraint ? { constraint } : {}), ...(code ? { driverCode: code } : {}) };
  if (unavailable) return new RcmError('database_unavailable', `Postgres cannot be used right now (${sqlState ?? (code || 'connection lost')}).`, { details });
  if (sqlState === '23505') return new RcmError('state_conflict', `A row like this is already there${constraint ? ` (${constraint})` : ''}.`, { details });
  if (sqlState?.startsWith('23') || sqlState?.startsWith('22')) return new RcmError('input_invalid', `Postgres refused a value${constraint ? ` (${constraint})` : ''}.`, { details });
  return new RcmError('database_failed', `A database operation failed (${sqlState ?? (code || 'unknown failure')}).`, { details });
}

export async function translated<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw translateFailure(error);
  }
}
