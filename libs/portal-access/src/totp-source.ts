import type { Database } from '@rcm/db';
import { reserveTotpStep } from '@rcm/db/ledger';
import { totpCode } from '@rcm/portal-drivers';
import { type Clock, RcmError, type Secret } from '@rcm/telemetry';

export interface TotpRequest {
  readonly db: Database;
  readonly clock: Clock;
  readonly orgId: string;
  readonly loginIdentity: string;
  readonly seed: Secret<string>;
  /** Default: what `totpCode` takes for usual. */
  readonly digits?: number;
  readonly algorithm?: 'SHA1' | 'SHA256' | 'SHA512';
  readonly periodSeconds: number;
  /** Steps beside the current one that the portal also accepts. */
  readonly skew: number;
  /** How long to wait for a step that nobody used, in ms. */
  readonly waitMs: number;
  /** Counts those who wait. */
  readonly waiting?: { inc(): void; dec(): void } | undefined;
  readonly signal: AbortSignal;
}

/**
 * Reserves a time-step before the login begins, so that no browser waits for it, and gives its code when the page asks. A
 * reservation that has grown old by then (a slow page) is given up for the next step: a code that arrives too late is a failed
 * try to the portal. Fails with `deadline_exceeded`.
 */
export async function reserveTotp(request: TotpRequest): Promise<() => Promise<Secret<string>>> {
  let reserved = await nextStep(request);
  return async () => {
    if (isOld(request.clock, reserved)) reserved = await nextStep(request);
    const { seed, digits, algorithm } = request;
    return totpCode({ seed, step: reserved.step, ...(digits ? { digits } : {}), ...(algorithm ? { algorithm } : {}) });
  };
}

interface Reserved {
  readonly step: number;
  /** From before the question on, by both clocks. */
  readonly asked: { readonly elapsed: number; readonly now: number };
  readonly goodForMs: number;
}

/** By whichever clock says so first: the one is set back by people, the other stands still while a machine sleeps. */
const isOld = (clock: TotpRequest['clock'], { asked, goodForMs }: Reserved): boolean =>
  clock.elapsed() - asked.elapsed >= goodForMs || clock.now().getTime() - asked.now >= goodForMs;

async function nextStep(request: TotpRequest): Promise<Reserved> {
  const { db, clock, orgId, loginIdentity, periodSeconds, skew, waiting } = request;
  const giveUpAt = clock.elapsed() + request.waitMs;
  for (;;) {
    const asked = { elapsed: clock.elapsed(), now: clock.now().getTime() };
    const answer = await reserveTotpStep(db, { orgId, loginIdentity, periodSeconds, skew });
    if ('step' in answer) return { step: answer.step, asked, goodForMs: Math.min(answer.goodForMs, (periodSeconds * 1000) / 2) };
    if (clock.elapsed() + answer.waitMs > giveUpAt) {
      throw new RcmError('deadline_exceeded', `No unused one-time code step within ${request.waitMs} ms.`, { details: { waitMs: answer.waitMs } });
    }
    // A few milliseconds beyond the step's start, so that the next question does not come a moment too early.
    waiting?.inc();
    await clock.sleep(answer.waitMs + 20, request.signal).finally(() => waiting?.dec());
  }
}
