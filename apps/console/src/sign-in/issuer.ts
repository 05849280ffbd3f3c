import { issuedSubject, RcmError, type Secret } from '@rcm/telemetry';
import * as oidc from 'openid-client';

export interface IssuerOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret<string> | undefined;
  /** Where people come back to. */
  readonly redirectUri: string;
  readonly scopes: string;
  readonly acr: string | undefined;
  readonly amr: string | undefined;
}

/** Where to send somebody, and what must come back with them. */
export interface Departure {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

/** Somebody who has signed in for this console. */
export interface Arrival {
  readonly claims: Claims;
  /** As `issuedSubject` names them; `null`: the token names nobody, or too long a name. */
  readonly subject: string | null;
}

/** Keys and addresses of an issuer change seldom; a change is followed within this time. */
const KNOWN_FOR_MS = 600_000;
const ASK_S = 10;
/** Whoever reaches the console can have the issuer asked what a code is worth: by so many at once no sockets run out, and the issuer is not flooded in the console's name. */
const MOST_ARRIVING = 16;

/** Signs people in by an OpenID provider: code flow with PKCE, state and nonce. What a token says, and who has signed it, is checked by `openid-client`; no token is kept. */
export class Issuer {
  readonly #options: IssuerOptions;
  #arriving = 0;
  #known: { readonly at: number; readonly configuration: Promise<oidc.Configuration> } | null = null;

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /** Fails with `identity_unavailable`. */
  async depart(): Promise<Departure> {
    const configuration = await this.#configuration();
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const { redirectUri, scopes, acr } = this.#options;
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: scopes,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(acr === undefined ? {} : { acr_values: acr }),
    });
    return { url: url.href, state, nonce, verifier };
  }

  /**
   * Who came back. Fails with `token_invalid` for whoever did not sign in as is demanded, or not for this departure, with `identity_unavailable` where the issuer
   * could not say, with `config_invalid` where it does not take this console for its client: that is nobody's sign-in, and the next one fails alike;
   * with `queue_full` where too many come back at once: the issuer was not asked.
   */
  async arrive(url: URL, departure: Omit<Departure, 'url'>): Promise<Arrival> {
    if (this.#arriving >= MOST_ARRIVING) throw new RcmError('queue_full', 'Too many sign-ins come back at once. Nobody is signed in; begin again in a minute.');
    this.#arriving += 1;
    try {
      return await this.#ask(url, departure);
    } finally {
      this.#arriving -= 1;
    }
  }

  async #ask(url: URL, { state, nonce, verifier }: Omit<Departure, 'url'>): Promise<Arrival> {
    const configuration = await this.#configuration();
    try {
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const claims = (await oidc.authorizationCodeGrant(configuration, url, checks)).claims();
      if (!claims) throw new RcmError('token_invalid', 'The issuer has not said who signed in.');
      mustHaveSignedInWell(claims, this.#options);
      const { clientId } = this.#options;
      const subjectTypes = configuration.serverMetadata().subject_types_supported;
      return { claims, subject: issuedSubject({ issuer: claims.iss, clientId, subjectTypes }, claims.sub) };
    } catch (error) {
      if (error instanceof RcmError) throw error;
      if (isUnanswered(error)) throw unavailable(error);
      if (isClientRefused(error)) throw clientRefused(error);
      throw new RcmError('token_invalid', 'The sign-in was not completed, or was another one’s. Nobody is signed in.', { cause: error });
    }
  }

  #configuration(): Promise<oidc.Configuration> {
    if (this.#known && performance.now() - this.#known.at < KNOWN_FOR_MS) return this.#known.configuration;
    const known = { at: performance.now(), configuration: this.#discover() };
    this.#known = known;
    // What could not be had is asked for again by the next one who signs in.
    known.configuration.catch(() => {
      if (this.#known === known) this.#known = null;
    });
    return known.configuration;
  }

  async #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#options;
    const proof = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret.reveal());
    // Only an issuer on this machine may be without TLS: the configuration has seen to that.
    const insecure = issuer.startsWith('http://') ? [oidc.allowInsecureRequests] : [];
    // It looks at no signature otherwise: what came by TLS would be the issuer’s word, whatever answers in its place.
    const execute = [...insecure, oidc.enableNonRepudiationChecks];
    try {
      return await oidc.discovery(new URL(issuer), clientId, undefined, proof, { timeout: ASK_S, execute });
    } catch (cause) {
      throw unavailable(cause);
    }
  }
}

const unavailable = (cause: unknown): RcmError =>
  new RcmError('identity_unavailable', 'The issuer that signs people in does not answer as one. Try again in a minute.', { cause });

/**
 * Whether the issuer could not be reached, did not answer in time, or answered that it could not (status 500 and above): that says nothing of who came back. `openid-client`
 * leaves the TypeError with which `fetch` fails as it is, and is the first of several causes for what breaks off in an answer, a time-out and an answer of the wrong status.
 */
function isUnanswered(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof TypeError || each.name === 'TimeoutError') return true;
    if (each.cause instanceof Response) return each.cause.status >= 500;
  }
  return false;
}

/** By RFC 6749, 5.2. */
const REFUSED_CLIENT: readonly string[] = ['invalid_client', 'unauthorized_client'];

/**
 * Whether the issuer refused the console itself: by the name of the error, or, where it names none, by the status that is for that (401), with a `WWW-Authenticate` or without.
 */
function isClientRefused(error: unknown): boolean {
  if (error instanceof oidc.ResponseBodyError) return REFUSED_CLIENT.includes(error.error);
  if (error instanceof oidc.WWWAuthenticateChallengeError) return error.status === 401;
  return error instanceof Error && error.cause instanceof Response && error.cause.status === 401;
}

const clientRefused = (cause: unknown): RcmError =>
  new RcmError(
    'config_invalid',
    'The issuer that signs people in refuses this console, not you: whoever looks after it compares RCM_CONSOLE_CLIENT_ID and RCM_CONSOLE_CLIENT_SECRET with what the issuer has. Nobody is signed in.',
    { cause },
  );

function mustHaveSignedInWell(claims: Record<string, unknown>, { acr, amr }: Pick<IssuerOptions, 'acr' | 'amr'>): void {
  const methods = Array.isArray(claims.amr) ? claims.amr : [];
  if ((acr === undefined || claims.acr === acr) && (amr === undefined || methods.includes(amr))) return;
  throw new RcmError('token_invalid', 'You have to sign in with a second factor to get in here. Nobody is signed in.');
}
