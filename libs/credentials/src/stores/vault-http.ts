import { type Clock, isRetryable, RcmError, Secret, systemClock, withDeadline } from '@rcm/telemetry';
import { boundedText } from '../bounded-text.ts';
import { CALL_DEADLINE_MS } from './aws-client.ts';
import type { CallOptions } from './store.ts';

/** Where a Vault is and how long it is waited for. */
export interface VaultAddress {
  /** `https://vault.example:8200`. A cluster's load balancer must lead to the active node (`sys/health` 200). */
  readonly address: string;
  /** Vault Enterprise and OpenBao 2.3 on: the namespace of mount and AppRole, `team/rcm`. Default: the root one. */
  readonly namespace?: string | undefined;
  /** Deadline of one call, retries and login included, in ms. Default 10 000. */
  readonly deadlineMs?: number;
  /** Tries of one request, the first included. Default 4. */
  readonly maxAttempts?: number;
  readonly clock?: Clock;
  /** Default: Node's own. */
  readonly fetch?: typeof fetch;
}

export interface VaultRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Behind `/v1/`, made of ids. */
  readonly path: string;
  readonly body?: Secret<object>;
  readonly token?: Secret<string>;
}

/** What Vault said, where it was well: 2xx, and of the refusals those that a caller tells apart. */
export interface VaultAnswer {
  readonly status: 200 | 204 | 400 | 403 | 404;
  /** The JSON body; it may hold a payload. */
  readonly body: Secret<VaultBody>;
}

interface VaultBody {
  readonly errors?: readonly string[];
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly auth?: Readonly<Record<string, unknown>> | null;
}

export interface VaultHttp {
  /** Fails with `store_throttled`, `store_unavailable`, each after the tries it was worth. */
  send(request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer>;
  /** `act` under the deadline of one call. Fails with `deadline_exceeded`, `cancelled` and what `act` fails with. */
  call<T>(what: string, options: CallOptions, act: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

const FIRST_PAUSE_MS = 100;
/** A payload has 64 KB at most, and an answer is no larger than a few of them. */
const LARGEST_BYTES = 2 * 1_048_576;
const TOLD_APART = [200, 204, 400, 403, 404] as const;

export function createVaultHttp(vault: VaultAddress): VaultHttp {
  const { deadlineMs = CALL_DEADLINE_MS, maxAttempts = 4, clock = systemClock } = vault;
  return {
    async send(request, signal) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await sendOnce(vault, request, signal);
        } catch (error) {
          if (!isRetryable(error) || signal.aborted || tries >= maxAttempts) throw error;
          await clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2), signal);
        }
      }
    },
    call: (what, options, act) => withDeadline({ ms: deadlineMs, what, ...options }, act),
  };
}

async function sendOnce({ address, namespace, fetch: ask = fetch }: VaultAddress, request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer> {
  const { method, path, body, token } = request;
  const headers = {
    ...(namespace ? { 'x-vault-namespace': namespace } : {}),
    ...(token ? { 'x-vault-token': token.reveal() } : {}),
    ...(body ? { 'content-type': 'application/json' } : {}),
  };
  const init = { method, headers, signal, ...(body ? { body: JSON.stringify(body.reveal()) } : {}) };
  // A redirect is not followed: fetch would hand the token to whatever host it names.
  const response = await ask(`${address}/v1/${path}`, { ...init, redirect: 'manual' }).catch(unreachable);
  const text = await boundedText(response, LARGEST_BYTES).catch(unreachable);
  if (text === null) throw new RcmError('store_unavailable', 'What answered in the place of Vault says more than Vault has to say.');
  const status = TOLD_APART.find((known) => known === response.status);
  if (status !== undefined) return { status, body: parseBody(text) };
  throw unwell(response.status);
}

/** What is not a failure of the network (a defect, an abort) is not one that a repetition mends. */
function unreachable(error: unknown): never {
  if (!(error instanceof TypeError)) throw error;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  throw new RcmError('store_unavailable', 'Vault could not be reached.', { details: { reason: typeof code === 'string' ? code : null } });
}

function unwell(status: number): RcmError {
  const details = { status };
  if (status === 429) return new RcmError('store_throttled', 'Vault is over its rate limit, or a standby node was asked (429).', { details });
  if (status === 503) return new RcmError('store_unavailable', 'Vault is sealed: somebody has to unseal it (503).', { details });
  // 412: a performance standby that has not caught up yet (api-docs, "HTTP status codes").
  if (status === 412 || status >= 500) return new RcmError('store_unavailable', `Vault is not well (${status}).`, { details });
  if (status >= 300 && status < 400)
    return new RcmError('store_unavailable', `A standby node of Vault answered with a redirect (${status}); the address must lead to the active node.`, {
      details,
    });
  return new RcmError('store_denied', `Vault refused the request (${status}).`, { details });
}

/** A body of another form comes from something in between (a proxy's page) and is dropped. */
function parseBody(text: string): Secret<VaultBody> {
  if (text === '') return new Secret({});
  const body = readJson(text);
  if (isBody(body)) return new Secret(body);
  throw new RcmError('store_unavailable', 'What answered in the place of Vault did not answer as Vault does.');
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isBody = (body: unknown): body is VaultBody =>
  typeof body === 'object' && body !== null && !Array.isArray(body) && Array.isArray('errors' in body ? (body.errors ?? []) : []);
