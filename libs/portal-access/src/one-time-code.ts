import { codeInboxes, type CredentialPayload } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { isUsableSeed } from '@rcm/portal-drivers';
import { type Clock, type Metrics, RcmError, type Secret } from '@rcm/telemetry';
import { type BackupCodeRequest, backupCodeSource } from './backup-code.ts';
import { personCodes } from './asked-code.ts';
import { type CodeEnd, lastingCodes, type LastingCodeRequest } from './lasting-code.ts';
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
  /**
   * `null`: none is left. Fails where the caller may not act any more: a code that is typed then is a try that nobody counts. Else as the factor that gives it.
   */
  readonly next: () => Promise<Secret<string> | null>;
  /** Whether there was one to type. */
  readonly given: () => boolean;
  /** Whether a person was asked for one, and the wait was broken off before they answered or their time was over. */
  readonly brokenOff: () => boolean;
  /** What the portal made of the code that was given last, before the end: one that is good for longer is kept for the login's next, or dropped. Never fails. */
  readonly heed: (end: CodeEnd) => Promise<void>;
  /** The login has ended, however it did. */
  readonly end: () => Promise<void>;
}

/** One of a login's second factors. */
interface Factor {
  readonly next: () => Promise<Secret<string> | null>;
  readonly brokenOff?: () => boolean;
  readonly heed?: (end: CodeEnd) => Promise<void>;
  readonly end?: () => Promise<void>;
}
type LoginCodesRequest = CodeRequest & BackupCodeRequest & Omit<LastingCodeRequest, 'inboxes' | 'asks'>;

/**
 * The codes of its second factors, in the order in which its payload names them: the first that has one gives it. Of a payload that names none: its seed's, else, where there is
 * none that is usable, its backup codes. `null`: it has nothing to give one. Fails as `reserveTotp` and `personCodes`.
 */
export async function loginCodes(request: LoginCodesRequest): Promise<LoginCodes | null> {
  const factors = await factorsOf(request);
  if (factors.length === 0) return null;
  let [given, hasEnded] = [false, false];
  return {
    async next() {
      for (const factor of factors) {
        const code = hasEnded ? null : await factor.next();
        // The process may have been stopped, and the browser's page goes on where it stood: the ledger has settled that login long since, and the lease is another's.
        if (hasEnded) throw new RcmError('cancelled', 'The login has ended, so no code is typed into it.', { details: { endpointId: request.endpoint.id } });
        request.assertHeld?.();
        given = code !== null;
        if (given) return code;
      }
      return null;
    },
    given: () => given,
    brokenOff: () => factors.some((factor) => factor.brokenOff?.()),
    heed: async (end) => void (await Promise.all(factors.map(async (factor) => factor.heed?.(end)))),
    end() {
      hasEnded = true;
      return endOf(factors);
    },
  };
}

/** Whether somebody may be asked for the codes of its login. */
export const mayAskPerson = (payload: Secret<CredentialPayload>): boolean => payload.reveal().second_factors?.includes('person') ?? false;

async function factorsOf(request: LoginCodesRequest): Promise<readonly Factor[]> {
  const seed = request.payload.map(({ mfa_seed }) => mfa_seed ?? '');
  const isUsable = isUsableSeed(seed);
  const of = (next: Factor['next'] | null): readonly Factor[] => (next ? [{ next }] : []);
  const { second_factors: named, codes_to: sentTo } = request.payload.reveal();
  if (!named) return of((isUsable ? null : backupCodeSource(request)) ?? (await codeSource(request)));
  const factors: Factor[] = [];
  try {
    for (const factor of new Set(named)) {
      // A seed always has a code: nobody comes after it.
      if (factor === 'totp' && isUsable) return [...factors, ...of(await codeSource(request))];
      if (factor === 'backup_codes') factors.push(...of(backupCodeSource(request)));
      if (factor === 'person') factors.push(await personFactor({ ...request, inboxes: sentTo ? codeInboxes(request.keys, sentTo) : undefined }));
    }
    return factors;
  } catch (error) {
    await endOf(factors);
    throw error;
  }
}

const personFactor = (request: LastingCodeRequest): Promise<Factor> =>
  request.codeLife && request.keptCodes ? lastingCodes(request, request.codeLife, request.keptCodes) : personCodes(request);

const endOf = async (factors: readonly Factor[]): Promise<void> => void (await Promise.all(factors.map(async (factor) => factor.end?.())));
