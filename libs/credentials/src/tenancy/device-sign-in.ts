import { type Clock, isProtected, issuedSubject, RcmError, systemClock, withDeadline } from '@rcm/telemetry';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { boundedText } from '../bounded-text.ts';

/** Who signs people in, and as which of its clients this command asks: a public one, which has no secret. */
export interface DeviceIssuer {
  readonly issuer: string;
  readonly clientId: string;
}

export interface DeviceSignInOptions extends DeviceIssuer {
  /** Shows the person where to sign in, and with which code. */
  say(line: string): void;
  readonly clock?: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal;
}

/** Signatures by a key pair, as for tokens of the API. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const ASK_MS = 10_000;
const LARGEST_BYTES = 256 * 1_024;
/** RFC 8628, 3.2 and 3.5: where the issuer says nothing, and how much slower it may ask us to be at a time. */
const PAUSE_S = 5;
/** Nobody stands at a terminal for longer, whatever the issuer allows. */
const LONGEST_S = 900;
/** A person has only just signed in. */
const OLDEST_TOKEN_S = 600;
const TOLERANCE_S = 60;

const address = z.string().refine(isProtected, 'must be https, or http on this machine');
const discovered = z.object({
  ...{ issuer: z.string(), device_authorization_endpoint: address, token_endpoint: address, jwks_uri: address },
  subject_types_supported: z.array(z.string()).optional(),
});
const device = z.object({
  device_code: z.string().min(1),
  user_code: z.string().min(1).max(64),
  verification_uri: z.string().refine(isProtected),
  expires_in: z.number().positive(),
  interval: z.number().positive().max(60).default(PAUSE_S),
});
const granted = z.object({ id_token: z.string().min(1).max(32_768) });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/**
 * Has a person sign in at their organization's identity provider, on any device that has a browser (RFC 8628), and says who that is, as `issuedSubject` names them. The
 * ID token is checked by the issuer's keys (OpenID Connect Core, 3.1.3.7) and forgotten; nothing is kept on a disk. Fails with `identity_unavailable`
 * where the issuer does not answer as one, `input_invalid` where the person does not sign in or the token is not good, `cancelled`.
 */
export async function signInByDevice(options: DeviceSignInOptions): Promise<string> {
  const { issuer, clientId, say, signal } = options;
  if (!isProtected(issuer)) throw new RcmError('config_invalid', 'RCM_ACTOR_ISSUER must be https, or http on this machine.');
  const at = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { schema: discovered, signal });
  if (at.issuer !== issuer) throw unavailable('calls itself by another name than RCM_ACTOR_ISSUER');
  const begun = await ask(at.device_authorization_endpoint, { schema: device, form: { client_id: clientId, scope: 'openid' }, signal });
  const seconds = Math.min(begun.expires_in, LONGEST_S);
  say(`To go on, sign in at ${shown(begun.verification_uri)} with the code ${shown(begun.user_code)} (within ${Math.ceil(seconds / 60)} minutes).`);
  const token = await poll(at.token_endpoint, begun, seconds, options);
  const keys = await ask(at.jwks_uri, { schema: keySet, signal });
  const subject = await subjectOf(token, keys, { issuer, clientId });
  const person = issuedSubject({ issuer, clientId, subjectTypes: at.subject_types_supported }, subject);
  if (person === null) throw notSignedIn('the issuer’s token names nobody, or too long a name');
  return person;
}

/** RFC 8628, 3.4 and 3.5. Time is counted in pauses, so that no clock that is set meanwhile makes it longer. */
async function poll(
  endpoint: string,
  begun: z.infer<typeof device>,
  seconds: number,
  { clientId, clock = systemClock, signal }: DeviceSignInOptions,
): Promise<string> {
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: begun.device_code, client_id: clientId };
  for (let pause = begun.interval, waited = 0; waited + pause <= seconds;) {
    await clock.sleep(pause * 1_000, signal);
    waited += pause;
    const answer = await ask(endpoint, { schema: granted, form, refusals: 'named', signal });
    if (!('refused' in answer)) return answer.id_token;
    if (answer.refused === 'slow_down') pause += PAUSE_S;
    else if (answer.refused !== 'authorization_pending')
      throw notSignedIn(answer.refused === 'access_denied' ? 'the sign-in was declined' : 'the sign-in ended');
  }
  throw notSignedIn('nobody signed in in time');
}

async function subjectOf(token: string, keys: z.infer<typeof keySet>, { issuer, clientId }: DeviceIssuer): Promise<string> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: keys.keys }), {
      ...{ issuer, audience: clientId, algorithms: ALGORITHMS, clockTolerance: TOLERANCE_S, maxTokenAge: OLDEST_TOKEN_S },
      requiredClaims: ['sub', 'exp', 'iat'],
    });
    const { sub = '', azp, aud } = payload;
    // A token for several must name us as the one that asked.
    if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== clientId) throw notSignedIn('the issuer’s token is another client’s');
    return sub;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw notSignedIn(`the issuer’s token is not good (${error.code})`);
    throw error;
  }
}

interface Question<T> {
  readonly schema: z.ZodType<T>;
  /** Sent as a form; without it the document is fetched. */
  readonly form?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

function ask<T>(url: string, question: Question<T>): Promise<T>;
function ask<T>(url: string, question: Question<T> & { readonly refusals: 'named' }): Promise<T | { readonly refused: string }>;
async function ask<T>(
  url: string,
  { schema, form, refusals, signal }: Question<T> & { readonly refusals?: 'named' },
): Promise<T | { readonly refused: string }> {
  const { status, json } = await withDeadline({ ms: ASK_MS, what: 'Asking who signs people in', ...(signal ? { signal } : {}) }, (within) =>
    send(url, form, within),
  ).catch((cause: unknown) => {
    if (signal?.aborted) throw new RcmError('cancelled', 'The sign-in was cancelled. Nothing was changed.', { cause });
    throw unavailable('does not answer', cause);
  });
  const parsed = status === 200 ? schema.safeParse(json) : null;
  if (parsed?.success) return parsed.data;
  const { error } = z.object({ error: z.string() }).safeParse(json).data ?? {};
  if (refusals === 'named' && status === 400 && error !== undefined) return { refused: error };
  throw unavailable(`answered with ${status} where it should not, or not as an issuer does`);
}

async function send(
  url: string,
  form: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly json: unknown }> {
  // An address that leads on would lead to one that nobody has looked at.
  const response = await fetch(url, {
    signal,
    redirect: 'error',
    headers: { accept: 'application/json' },
    ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
  });
  const text = await boundedText(response, LARGEST_BYTES);
  if (text === null) throw unavailable('answers with more than it can have to say');
  return { status: response.status, json: JSON.parse(text) as unknown };
}

/** What an issuer says goes to a terminal: none of it may steer one. */
const shown = (text: string): string => text.replace(/[^!-~]/g, '?');

const unavailable = (why: string, cause?: unknown): RcmError =>
  new RcmError('identity_unavailable', `The issuer that signs people in (RCM_ACTOR_ISSUER) ${why}.`, { cause });
const notSignedIn = (why: string): RcmError => new RcmError('input_invalid', `Nobody has signed in: ${why}. Nothing was changed; say it again.`);
