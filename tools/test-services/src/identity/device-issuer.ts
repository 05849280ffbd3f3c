import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** What the issuer does instead of what it should. */
export interface Odd {
  /** What its configuration says beside, or instead of, the usual. */
  readonly configuration?: object;
  /** Answers to polls before the token is given; the last one again and again where it is not `authorization_pending` or `slow_down`. */
  readonly polls?: readonly string[];
  readonly claims?: object;
  /** Signs with a key that it does not serve. */
  readonly key?: 'another';
  readonly header?: object;
  readonly userCode?: string;
  readonly expiresIn?: number;
  /** Every answer is this status, without a body. */
  readonly status?: number;
}

/** An identity provider with a device endpoint (RFC 8628), as strict as one: it takes each device code once, and from the client that it gave it to. */
export interface DeviceIssuerServer {
  readonly issuer: string;
  readonly clientId: string;
  /** What was asked, in order: paths, and of polls the answer. */
  readonly asked: readonly string[];
  do(odd: Odd): void;
  close(): Promise<void>;
}

const CLIENT = 'rcm-terminal';

export async function startDeviceIssuer(): Promise<DeviceIssuerServer> {
  const [own, foreign] = [await generateKeyPair('ES256', { extractable: true }), await generateKeyPair('ES256', { extractable: true })];
  const jwk: JWK = { ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };
  let odd: Odd = {};
  let asked: string[] = [];
  let polls = 0;
  const codes = new Set<string>();

  const token = (issuer: string, by: CryptoKey): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: issuer, aud: CLIENT, sub: 'jane', iat: now, exp: now + 300, ...odd.claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k', ...odd.header })
      .sign(by);
  };
  async function poll(form: URLSearchParams, issuer: string): Promise<readonly [number, object]> {
    const code = form.get('device_code') ?? '';
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:device_code') return [400, { error: 'unsupported_grant_type' }];
    if (form.get('client_id') !== CLIENT || !codes.has(code)) return [400, { error: 'invalid_grant' }];
    const said = odd.polls?.[Math.min(polls, odd.polls.length - 1)];
    polls += 1;
    if (said !== undefined && (polls <= (odd.polls?.length ?? 0) || !['authorization_pending', 'slow_down'].includes(said))) return [400, { error: said }];
    codes.delete(code);
    return [
      200,
      { access_token: 'not-used', token_type: 'Bearer', id_token: await token(issuer, odd.key === 'another' ? foreign.privateKey : own.privateKey) },
    ];
  }
  async function answer(path: string, form: URLSearchParams, issuer: string): Promise<readonly [number, object]> {
    if (odd.status !== undefined) return [odd.status, {}];
    switch (path) {
      case '/.well-known/openid-configuration':
        return [
          200,
          { issuer, device_authorization_endpoint: `${issuer}/device`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`, ...odd.configuration },
        ];
      case '/device': {
        if (form.get('client_id') !== CLIENT || form.get('scope') !== 'openid') return [401, { error: 'invalid_client' }];
        const code = crypto.randomUUID();
        codes.add(code);
        const { userCode = 'WDJB-MJHT', expiresIn = 600 } = odd;
        return [200, { device_code: code, user_code: userCode, verification_uri: `${issuer}/activate`, expires_in: expiresIn, interval: 1 }];
      }
      case '/token':
        return poll(form, issuer);
      case '/keys':
        return [200, { keys: [jwk] }];
      default:
        return [404, {}];
    }
  }
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const path = request.url ?? '';
      const [status, json] = await answer(path, new URLSearchParams(body), issuer);
      asked.push(path === '/token' ? `${path} ${'error' in json ? String(json.error) : 'granted'}` : path);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: CLIENT,
    get asked() {
      return asked;
    },
    do(next) {
      [odd, asked, polls] = [next, [], 0];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
