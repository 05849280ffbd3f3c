import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, interactionPolicy } from 'oidc-provider';
import { choosingPage } from './page.ts';
import { DEMO_PEOPLE, type DemoPerson } from './people.ts';

export const CLIENT_ID = 'rcm-console';
const SCOPES = 'openid profile groups';
const LARGEST_FORM = 4_096;

export interface SignInOptions {
  /** Where the console takes people back. */
  readonly redirectUris: readonly string[];
  /** 0 takes a free port. Default 0. */
  readonly port?: number;
  /** Default: one of each role. */
  readonly people?: readonly DemoPerson[];
}

export interface SignIn {
  readonly issuer: string;
  /** What the console proves itself with. */
  readonly clientSecret: string;
  close(): Promise<void>;
}

/** Starts the provider on 127.0.0.1. Keys and sessions are of this run and are in memory. */
export async function startSignIn({ redirectUris, port = 0, people = DEMO_PEOPLE }: SignInOptions): Promise<SignIn> {
  const clientSecret = randomBytes(32).toString('base64url');
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void> = () => Promise.reject(new Error('not yet'));
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(400, { 'content-type': 'text/plain' }).end('This sign-in has ended; begin anew.'));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration({ redirectUris, people, clientSecret }));
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
    issuer,
    clientSecret,
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
  readonly clientSecret: string;
}

function configuration({ redirectUris, people, clientSecret }: Known): Configuration {
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
    ],
    scopes: SCOPES.split(' '),
    claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
    // Names and groups are in the ID token, as most providers can be told to.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
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
