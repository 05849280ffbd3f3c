import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, interactionPolicy } from 'oidc-provider';
import { keptHere } from './kept-here.ts';
import { choosingPage } from './page.ts';
import { DEMO_PEOPLE, type DemoPerson } from './people.ts';

export const CLIENT_ID = 'rcm-console';
const SCOPES = 'openid profile groups';
const LARGEST_FORM = 4_096;
/** What tokens of services are for (`RCM_API_AUDIENCE`), and what they may let their holders do. */
export const API_AUDIENCE = 'https://rcm.example/tasks';
const TASK_SCOPES = 'tasks:write tasks:read tasks:read:org';
const TOKEN_S = 3_600;

export interface SignInOptions {
  /** Where the console takes people back. */
  readonly redirectUris: readonly string[];
  /** 0 takes a free port. Default 0. */
  readonly port?: number;
  /** Address that it listens on; its name is 127.0.0.1 in any case. Default 127.0.0.1. */
  readonly host?: string;
  /** What clients prove themselves with. Default: made for this run. */
  readonly clientSecret?: string;
  /** Default: one of each role. */
  readonly people?: readonly DemoPerson[];
  /** Services that ask for tasks over HTTP, each for one organization. Default: none. */
  readonly services?: readonly DemoService[];
}

export interface DemoService {
  readonly id: string;
  /** Whose tasks its tokens are for: their claim `tenant_id`. */
  readonly orgId: string;
}

export interface SignIn {
  readonly issuer: string;
  /** What the console and each service prove themselves with. */
  readonly clientSecret: string;
  /** Where a service gets its token (client credentials), and where its key is. */
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  close(): Promise<void>;
}

/** Starts the provider. Keys and sessions are of this run and are in memory. */
export async function startSignIn({
  redirectUris,
  host = '127.0.0.1',
  port = 0,
  people = DEMO_PEOPLE,
  services = [],
  ...given
}: SignInOptions): Promise<SignIn> {
  const clientSecret = given.clientSecret ?? randomBytes(32).toString('base64url');
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> = () => Promise.reject(new Error('not yet'));
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(400, { 'content-type': 'text/plain' }).end('This sign-in has ended; begin anew.'));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration({ redirectUris, people, services, clientSecret }));
  const provide = provider.callback();
  answer = async (request, response) => {
    const [, uid] = /^\/interaction\/([A-Za-z0-9_-]+)$/.exec(request.url ?? '') ?? [];
    if (uid === undefined) return void (await provide(request, response));
    if (request.method !== 'POST') {
      await provider.interactionDetails(request, response);
      return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(choosingPage(uid, people));
    }
    const accountId = new URLSearchParams(await bodyOf(request)).get('person') ?? '';
    await provider.interactionFinished(request, response, { login: { accountId } }, { mergeWithLastSubmission: false });
  };
  return {
    ...{ issuer, clientSecret, tokenUrl: `${issuer}/token`, jwksUrl: `${issuer}/jwks` },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Known {
  readonly redirectUris: readonly string[];
  readonly people: readonly DemoPerson[];
  readonly services: readonly DemoService[];
  readonly clientSecret: string;
}

function configuration({ redirectUris, people, services, clientSecret }: Known): Configuration {
  const policy = interactionPolicy.base();
  // Whoever comes is asked who they are, so that a click changes the person.
  policy.get('login')?.checks.add(new interactionPolicy.Check('always', 'everybody is asked', 'login_required', (ctx) => ctx.oidc.result?.login === undefined));
  return {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: clientSecret,
        redirect_uris: [...redirectUris],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
      ...services.map(({ id }) => ({
        ...{ client_id: id, client_secret: clientSecret, redirect_uris: [], response_types: [], grant_types: ['client_credentials'] },
        token_endpoint_auth_method: 'client_secret_basic' as const,
      })),
    ],
    adapter: keptHere(),
    // Each is said, or the provider says at every start that it should be.
    ttl: { AccessToken: TOKEN_S, AuthorizationCode: 60, ClientCredentials: TOKEN_S, Grant: TOKEN_S, IdToken: TOKEN_S, Interaction: TOKEN_S, Session: TOKEN_S },
    scopes: SCOPES.split(' '),
    claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
    // Names and groups are in the ID token, as most providers can be told to.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: services.length > 0 },
      resourceIndicators: {
        enabled: true,
        // A service's token is for the API whether it names it or not; the console's is for nothing but the sign-in.
        defaultResource: (_ctx, client) => (services.some(({ id }) => id === client?.clientId) ? API_AUDIENCE : []),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          ...{ audience: API_AUDIENCE, scope: TASK_SCOPES, accessTokenFormat: 'jwt', accessTokenTTL: TOKEN_S },
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) => {
      const service = token.kind === 'ClientCredentials' ? services.find(({ id }) => id === token.clientId) : undefined;
      return service && { tenant_id: service.orgId };
    },
    interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' })] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    findAccount: (_ctx, id) => {
      const person = people.find((each) => each.id === id);
      return person && { accountId: id, claims: () => Promise.resolve({ sub: id, name: person.name, groups: [...person.groups] }) };
    },
    // Nobody is asked whether the console may know their name.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client?.clientId, accountId: ctx.oidc.session?.accountId });
      grant.addOIDCScope(SCOPES);
      await grant.save();
      return grant;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LARGEST_FORM) throw new Error('too large');
  }
  return text;
}
