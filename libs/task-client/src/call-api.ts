import { TaskError } from './error.ts';
import { problemSchema } from './task.ts';

export interface ApiOptions {
  /** As `apiAddress` has it. */
  readonly address: string;
  readonly token: () => string | Promise<string>;
  readonly fetch: typeof fetch;
}

export interface Call {
  readonly signal?: AbortSignal | undefined;
  readonly ms: number;
  /** `false`: made twice, it makes two tasks. */
  readonly repeatable: boolean;
}

export interface ApiRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One call of the API, its token with it: the JSON that it answers. Fails with `TaskError`, as the token's source does, and as fetch does where `signal` ended it. */
export async function callApi(api: ApiOptions, path: string, { signal, ms, repeatable }: Call, request: ApiRequest = {}): Promise<unknown> {
  const limit = AbortSignal.timeout(Math.max(1, Math.round(ms)));
  const end = signal ? AbortSignal.any([signal, limit]) : limit;
  const given = await Promise.race([api.token(), over(end)]);
  if (given === null) {
    signal?.throwIfAborted();
    throw new TaskError('unreachable', 'There was no token in time, so the web-agent’s API was not asked. The same call may be made again.', {
      retryable: true,
    });
  }
  const token = sendable(given);
  try {
    const { fetch } = api;
    const response = await fetch(`${api.address}${path}`, {
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: end,
    });
    const answer = await boundedText(response);
    if (!response.ok) throw refusal(response.status, jsonIn(answer), { repeatable });
    // What is no JSON was cut off.
    return JSON.parse(answer) as unknown;
  } catch (cause) {
    if (cause instanceof TaskError || signal?.aborted) throw cause;
    const next = repeatable ? 'The same call may be made again.' : 'Without an idempotency key the same call may make a second task.';
    throw new TaskError('unreachable', `The web-agent’s API did not answer; nothing is known of what it did. ${next}`, { retryable: repeatable, cause });
  }
}

/** A token as it may stand in a header. Any other is refused here: fetch would quote it in its error. */
function sendable(given: string): string {
  // One that was read from a file ends with a line.
  const token = given.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new TaskError('token_invalid', 'What the source of tokens gave is empty, or holds what no token can, so the web-agent’s API was not asked.');
}

/** A result with the largest file takes less. */
const LARGEST_ANSWER_BYTES = 128 * 1024 * 1024;

/** The words of an answer, unpacked. Fails with `answer_invalid` where they are too many, and reads no further. */
async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, size] = ['', 0];
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (size > LARGEST_ANSWER_BYTES) throw new TaskError('answer_invalid', 'The API answered more than any result has.', { status: response.status });
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

const THIS_MACHINE: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Where the paths of the API begin: with the path of `baseUrl`, where a proxy has it below one. Fails with `TypeError` where a token would go over a network in the clear. */
export function apiAddress(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) throw new TypeError('baseUrl must be an address, such as https://agents.example');
  const { protocol, hostname, origin, pathname } = new URL(baseUrl);
  if (protocol !== 'https:' && !(protocol === 'http:' && THIS_MACHINE.has(hostname)))
    throw new TypeError('baseUrl must be https, or http on this machine: a token must not be sent in the clear');
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}

/** `null`, once it is. */
const over = (end: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (end.aborted) resolve(null);
    else end.addEventListener('abort', () => resolve(null), { once: true });
  });

/** A proxy that got no answer, or an API of which a part is away: the call may have been carried out. */
const MAY_BE_DONE: ReadonlySet<number> = new Set([502, 503, 504]);

function refusal(status: number, body: unknown, { repeatable }: Pick<Call, 'repeatable'>): TaskError {
  const problem = problemSchema.safeParse(body);
  const retryable = status === 429 || (MAY_BE_DONE.has(status) && repeatable);
  return problem.success
    ? new TaskError(problem.data.code, problem.data.detail, { status, retryable })
    : new TaskError('answer_invalid', `The API answered with status ${status} and no problem that could be read.`, { status, retryable });
}

/** `null`: it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
