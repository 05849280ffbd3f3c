import { z } from 'zod';
import type { ApiOptions } from './server.ts';

/** Signatures by a key pair. With a symmetric one, whoever can check a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const positive = (fallback: number, most: number) => z.coerce.number().int().min(1).max(most).default(fallback);

/** What the HTTP API reads from the environment (a zod raw shape). It is served where issuer, audience and key address are all set. */
export const apiEnvironment = {
  RCM_API_PORT: z.coerce.number().int().min(0).max(65_535).default(8083),
  RCM_API_HOST: z.string().default('127.0.0.1'),
  RCM_API_ISSUER: z.string().optional(),
  RCM_API_AUDIENCE: z.string().optional(),
  RCM_API_JWKS_URL: z.url().refine(isSafe, 'must be https, or http on this machine').optional(),
  /** Claim of the token that holds the organization's id. */
  RCM_API_TENANT_CLAIM: z.string().min(1).default('tenant_id'),
  RCM_API_ALGORITHMS: z
    .string()
    .default('RS256,ES256')
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(ALGORITHMS, `must be of ${ALGORITHMS.join(', ')}`)).min(1)),
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
  if (missing.length === 0 || missing.length === TOGETHER.length) return;
  for (const name of missing)
    context.addIssue({ code: 'custom', path: [name], message: `is not set; the HTTP API needs ${TOGETHER.join(', ')}, or none of them` });
}

/** `null`: no API is served. */
export function apiOptions(config: ApiConfig): Omit<ApiOptions, 'db' | 'logger' | 'metrics'> | null {
  const { RCM_API_ISSUER: issuer, RCM_API_AUDIENCE: audience, RCM_API_JWKS_URL: jwksUrl } = config;
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return null;
  return {
    port: config.RCM_API_PORT,
    host: config.RCM_API_HOST,
    perMinute: config.RCM_API_RATE_PER_MINUTE,
    maxQueued: config.RCM_API_MAX_QUEUED,
    bodyLimitBytes: config.RCM_API_BODY_LIMIT_BYTES,
    token: {
      issuer,
      audience,
      jwksUrl,
      algorithms: config.RCM_API_ALGORITHMS,
      tenantClaim: config.RCM_API_TENANT_CLAIM,
      jwksTimeoutMs: config.RCM_API_JWKS_TIMEOUT_MS,
      jwksMaxAgeMs: config.RCM_API_JWKS_MAX_AGE_MS,
      jwksCooldownMs: config.RCM_API_JWKS_COOLDOWN_MS,
    },
  };
}

function isSafe(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname));
}
