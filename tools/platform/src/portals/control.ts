import { z } from 'zod';
import { RcmError, withDeadline } from '@rcm/telemetry';

const figuresSchema = z.object({ loginsAccepted: z.number(), loginsRejected: z.number(), accountsLocked: z.number(), passwordsChanged: z.number() });
export type PortalFigures = z.infer<typeof figuresSchema>;

export interface PortalAccount {
  readonly portal: string;
  readonly username: string;
  readonly password: string;
  readonly mfaSeed?: string;
}

const CALL_MS = 15_000;

/** The demo portals' control port: what an insurer's help desk would do, and what it would see. */
export class PortalControl {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** Opens an account; one that is there already stays as it is, with the password it has by now. */
  async openAccount(account: PortalAccount): Promise<void> {
    await this.#call('POST', '/accounts', { ...account, ifAbsent: true });
  }

  /** Whether the portal would accept this password now. Counts as no attempt. */
  async accepts(account: Omit<PortalAccount, 'mfaSeed'>): Promise<boolean> {
    return z.object({ accepts: z.boolean() }).parse(await this.#call('POST', '/accepts', account)).accepts;
  }

  /** What the portals saw, since their records began. */
  async figures(): Promise<PortalFigures> {
    return figuresSchema.parse(await this.#call('GET', '/figures'));
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    return withDeadline({ ms: CALL_MS, what: `A call to the portals' control port` }, async (signal) => {
      const response = await fetch(new URL(path, this.#baseUrl), {
        method,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      // The answer's text is not repeated: it may quote what was sent.
      if (!response.ok) throw new RcmError('portal_unexpected', `The portals' control port answered ${method} ${path} with ${response.status}.`);
      const text = await response.text();
      return text === '' ? null : (JSON.parse(text) as unknown);
    });
  }
}
