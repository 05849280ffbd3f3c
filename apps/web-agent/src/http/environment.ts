import { checkListener, isProtected, Secret } from '@rcm/telemetry';
import { z } from 'zod';
import type { ApiOptions } from './server.ts';

/** Signatures by a key pair. With a symmetric one, whoever can check a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const positive = (fallback: number, most: number) => z.coerce.number().int().min(1).max(most).default(fallback);

/** What the HTTP API reads from the environment (a zod raw shape). It is served where issuer, audience and key address are all set. */
export const apiEnvironment = {
  RCM_API_PORT: z.coerce.number().int().min(0).max(65_535).default(8083),
  RCM_API_HOST: z.string().default('127.0.0.1'),
  /** Certificate chain (PEM) and its key, for an API that speaks TLS itself. Given as `…_FILE`; read at the start. */
  RCM_API_TLS_CERT: z.string().optional(),
  RCM_API_TLS_KEY: z
    .string()
    .transform((text) => new Secret(text))
    .optional(),
  /** `yes`: a proxy in front of it takes TLS off, and nobody else reaches this port. */
  RCM_API_TLS_PROXY: z.enum(['yes'], 'must be yes, or unset').optional(),
  RCM_API_ISSUER: z.string().optional(),
  RCM_API_AUDIENCE: z.string().optional(),
  RCM_API_JWKS_URL: z.url().refine(isProtected, 'must be https, or http on this machine').optional(),
  /** While the issuer is changed: the other one, whose tokens are taken too. Its audience, where that is another. */
  RCM_API_PREVIOUS_ISSUER: z.string().optional(),
  RCM_API_PREVIOUS_AUDIENCE: z.string().optional(),
  RCM_API_PREVIOUS_JWKS_URL: z.url().refine(isProtected, 'must be https, or http on this machine').optional(),
  /** Claim of the token that holds the organization's id. */
  RCM_API_TENANT_CLAIM: z.string().min(1).default('tenant_id'),
  RCM_API_ALGORITHMS: z
    .string()
    .default('RS256,ES256')
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(ALGORITHMS, `must be of ${ALGORITHMS.join(', ')}`)).min(1)),
  /** Of a token's `typ`. An issuer that calls its access tokens `JWT` calls its ID tokens so too; those have another audience and no scope. */
  RCM_API_TOKEN_TYPES: z
    .string()
    .default('at+jwt')
    .transform((text) => text.split(',').map((type) => type.trim()))
    .pipe(z.array(z.string().regex(/^[A-Za-z0-9!#$&^_.+/-]{1,127}$/, 'must be media types, without or with application/')).min(1)),
  RCM_API_TOKEN_MAX_AGE_MS: positive(3_600_000, 86_400_000),
  RCM_API_CLOCK_TOLERANCE_MS: z.coerce.number().int().min(0).max(300_000).default(5_000),
  /** Claim of the token that holds its scopes. */
  RCM_API_SCOPE_CLAIM: z.string().min(1).default('scope'),
  RCM_API_JWKS_TIMEOUT_MS: positive(5_000, 60_000),
  RCM_API_JWKS_MAX_AGE_MS: positive(600_000, 86_400_000),
  RCM_API_JWKS_COOLDOWN_MS: positive(30_000, 3_600_000),
  /** Requests of one tenant, per process. */
  RCM_API_RATE_PER_MINUTE: positive(600, 1_000_000),
  /** Tasks of one tenant that may wait at once. */
  RCM_API_MAX_QUEUED: positive(10_000, 10_000_000),
  RCM_API_BODY_LIMIT_BYTES: positive(65_536, 10_485_760),
};

type ApiConfig = z.infer<z.ZodObject<typeof apiEnvironment>>;

const TOGETHER = ['RCM_API_ISSUER', 'RCM_API_AUDIENCE', 'RCM_API_JWKS_URL'] as const;

/** Half an API would be one that lets nobody in, or everybody. */
export function checkApi(config: ApiConfig, context: z.core.$RefinementCtx): void {
  const missing = TOGETHER.filter((name) => config[name] === undefined);
  // Tokens and results go over it.
  if (missing.length === 0)
    checkListener(
      { host: config.RCM_API_HOST, cert: config.RCM_API_TLS_CERT, key: config.RCM_API_TLS_KEY, behindProxy: config.RCM_API_TLS_PROXY === 'yes' },
      { host: 'RCM_API_HOST', cert: 'RCM_API_TLS_CERT', key: 'RCM_API_TLS_KEY', proxy: 'RCM_API_TLS_PROXY' },
      context,
    );
  checkPrevious(config, context);
  if (missing.length === 0 || missing.length === TOGETHER.length) return;
  for (const name of missing)
    context.addIssue({ code: 'custom', path: [name], message: `is not set; the HTTP API needs ${TOGETHER.join(', ')}, or none of them` });
}

function checkPrevious(config: ApiConfig, context: z.core.$RefinementCtx): void {
  const report = (name: string, message: string): void => void context.addIssue({ code: 'custom', path: [name], message });
  const { RCM_API_ISSUER: issuer, RCM_API_PREVIOUS_ISSUER: previous } = config;
  if ((previous === undefined) !== (config.RCM_API_PREVIOUS_JWKS_URL === undefined))
    report('RCM_API_PREVIOUS_ISSUER', 'and RCM_API_PREVIOUS_JWKS_URL are set together, or neither');
  if (previous === undefined) return;
  if (issuer === undefined) report('RCM_API_PREVIOUS_ISSUER', 'is set, but RCM_API_ISSUER is not');
  // An issuer that only changes its keys serves the old and the new ones at its address.
  if (previous === issuer) report('RCM_API_PREVIOUS_ISSUER', 'is RCM_API_ISSUER itself: the keys of one issuer are at one address');
}

/** `null`: no API is served. */
export function apiOptions(config: ApiConfig): Omit<ApiOptions, 'db' | 'logger' | 'metrics' | 'receivers'> | null {
  const { RCM_API_ISSUER: issuer, RCM_API_AUDIENCE: audience, RCM_API_JWKS_URL: jwksUrl } = config;
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return null;
  const { RCM_API_TLS_CERT: cert, RCM_API_TLS_KEY: key, RCM_API_PREVIOUS_ISSUER: before, RCM_API_PREVIOUS_JWKS_URL: beforeUrl } = config;
  return {
    tls: cert === undefined || key === undefined ? null : { cert, key },
    port: config.RCM_API_PORT,
    host: config.RCM_API_HOST,
    perMinute: config.RCM_API_RATE_PER_MINUTE,
    maxQueued: config.RCM_API_MAX_QUEUED,
    bodyLimitBytes: config.RCM_API_BODY_LIMIT_BYTES,
    token: {
      issuer,
      audience,
      jwksUrl,
      previous:
        before === undefined || beforeUrl === undefined
          ? undefined
          : { issuer: before, audience: config.RCM_API_PREVIOUS_AUDIENCE ?? audience, jwksUrl: beforeUrl },
      algorithms: config.RCM_API_ALGORITHMS,
      types: config.RCM_API_TOKEN_TYPES,
      tenantClaim: config.RCM_API_TENANT_CLAIM,
      scopeClaim: config.RCM_API_SCOPE_CLAIM,
      maxAgeMs: config.RCM_API_TOKEN_MAX_AGE_MS,
      clockToleranceMs: config.RCM_API_CLOCK_TOLERANCE_MS,
      jwksTimeoutMs: config.RCM_API_JWKS_TIMEOUT_MS,
      jwksMaxAgeMs: config.RCM_API_JWKS_MAX_AGE_MS,
      jwksCooldownMs: config.RCM_API_JWKS_COOLDOWN_MS,
    },
  };
}
