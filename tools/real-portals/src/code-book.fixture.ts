import { setTimeout as pause } from 'node:timers/promises';
import { Secret } from '@rcm/telemetry';
import { totpCode } from '@rcm/portal-drivers';

const PERIOD_S = 30;

/**
 * One-time codes of the accounts, none given twice: begins with the code of the step before, which portals take until this one
 * ends, and waits for the next step when it must.
 */
export class CodeBook {
  readonly #used = new Map<string, number>();

  async next(seed: string): Promise<Secret<string>> {
    const isEarly = (Date.now() / 1_000) % PERIOD_S < PERIOD_S / 2;
    const step = Math.max(this.#now() - (isEarly ? 1 : 0), (this.#used.get(seed) ?? 0) + 1);
    this.#used.set(seed, step);
    while (this.#now() < step) await pause(200);
    return totpCode({ seed: new Secret(seed), step });
  }

  /** Six digits that are the code of no step near now. */
  wrong(seed: string): Secret<string> {
    const near = [-2, -1, 0, 1, 2].map((distance) => totpCode({ seed: new Secret(seed), step: this.#now() + distance }).reveal());
    return new Secret(['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? '666666');
  }

  #now = (): number => Math.floor(Date.now() / 1_000 / PERIOD_S);
}
