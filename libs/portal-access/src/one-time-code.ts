import type { CredentialPayload } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { isUsableSeed } from '@rcm/portal-drivers';
import type { Clock, Metrics, Secret } from '@rcm/telemetry';
import { type BackupCodeRequest, backupCodeSource } from './backup-code.ts';
import { codesOf } from './portal-credential.ts';
import { reserveTotp } from './totp-source.ts';

export interface CodeRequest {
  readonly db: Database;
  readonly clock: Clock;
  /** What is measured of it. Default: nothing. */
  readonly metrics?: Metrics | undefined;
  readonly endpoint: EndpointRow;
  readonly loginIdentity: string;
  readonly payload: Secret<CredentialPayload>;
  /** For an unused time-step, in ms. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Gives a login's one-time codes, each time-step to one caller; `null`: its payload has no seed. Fails as `reserveTotp`. */
export async function codeSource({ endpoint, payload, metrics, ...request }: CodeRequest): Promise<(() => Promise<Secret<string>>) | null> {
  const seed = payload.map(({ mfa_seed }) => mfa_seed ?? '');
  if (seed.reveal() === '') return null;
  const { totpPeriodSeconds: periodSeconds, totpSkew: skew } = endpoint.portalType;
  return reserveTotp({ ...request, orgId: endpoint.orgId, seed, ...codesOf(payload), periodSeconds, skew, waiting: metrics?.gauge('rcm_code_waits') });
}

/** What a login answers with where the portal asks for a code. */
export interface LoginCodes {
  /** `null`: none is left. */
  readonly next: () => Promise<Secret<string> | null>;
  /** Whether there was one to type. */
  readonly given: () => boolean;
}

/** Its seed's codes, else, where there is none that is usable, its backup codes; `null`: its payload has neither. Fails as `reserveTotp`. */
export async function loginCodes(request: CodeRequest & BackupCodeRequest): Promise<LoginCodes | null> {
  const seed = request.payload.map(({ mfa_seed }) => mfa_seed ?? '');
  const source = (isUsableSeed(seed) ? null : backupCodeSource(request)) ?? (await codeSource(request));
  if (source === null) return null;
  let given = false;
  const next = async () => {
    const code = await source();
    given = code !== null;
    return code;
  };
  return { next, given: () => given };
}
