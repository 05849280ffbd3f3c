import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Algorithm = 'RS256' | 'ES256' | 'ES384';

interface Key {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Issues tokens and serves the keys to check them by, as an identity provider does. */
export interface Issuer {
  readonly name: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** How often the keys were fetched. */
  fetches(): number;
  /** Makes another key the one that signs; the keys before it are still served unless `forget`. */
  rotate(options?: { readonly alg?: Algorithm; readonly forget?: boolean }): Promise<void>;
  /**
   * An access token for an organization that lives for ten minutes and may ask and read, with these claims and header fields instead of the
   * usual. `undefined` leaves one out.
   */
  token(
    orgId: string,
    options?: { readonly claims?: Readonly<Record<string, unknown>>; readonly header?: object; readonly expires?: string | null; readonly sign?: Issuer },
  ): Promise<string>;
  /** What the address of the keys answers instead: a status, a text, or `never`, where no answer comes. */
  answerWith(answer: number | string | null): void;
  key(): Key;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  let keys: Key[] = [];
  let fetches = 0;
  let instead: number | string | null = null;
  const newKey = async (alg: Algorithm): Promise<Key> => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${crypto.randomUUID()}`;
    return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
  };
  const answer = (response: ServerResponse): void => {
    fetches += 1;
    if (instead === 'never') return;
    if (typeof instead === 'number') return void response.writeHead(instead).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(instead ?? JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  };
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  keys = [await newKey('ES256')];
  const current = (): Key => {
    const [key] = keys;
    if (!key) throw new Error('the issuer has no key');
    return key;
  };
  const issuer: Issuer = {
    name: 'https://identity.example/',
    audience: 'portal-tasks',
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    fetches: () => fetches,
    async rotate({ alg = 'ES256', forget = false } = {}) {
      keys = [await newKey(alg), ...(forget ? [] : keys)];
    },
    async token(orgId, { claims = {}, header = {}, expires = '10m', sign } = {}) {
      const key = (sign ?? issuer).key();
      const iat = Math.floor(Date.now() / 1_000);
      const usual = { iss: issuer.name, aud: issuer.audience, sub: 'claims-service', scope: 'tasks:write tasks:read:org', iat, tenant_id: orgId };
      const jwt = new SignJWT(without({ ...usual, ...claims })).setProtectedHeader({
        alg: key.alg,
        ...without({ typ: 'at+jwt', kid: current().kid, ...header }),
      });
      return (expires === null || 'exp' in claims ? jwt : jwt.setExpirationTime(expires)).sign(key.privateKey, { crit: { exp: true } });
    },
    answerWith(answer) {
      instead = answer;
    },
    key: current,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}

const without = (fields: object): Record<string, unknown> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
