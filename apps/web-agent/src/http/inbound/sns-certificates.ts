import { type KeyObject, X509Certificate } from 'node:crypto';

export interface SnsCertificatesOptions {
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** Milliseconds of a clock that never goes back. Default: this process's. */
  readonly now?: (() => number) | undefined;
  /** For one certificate. Default: 4,000. */
  readonly deadlineMs?: number | undefined;
}

/** SNS waits 15 s for an answer, of which a message may wait 8 for its login. */
const DEADLINE_MS = 4_000;
/** Of a certificate in PEM: five times what SNS's are. */
const LARGEST_BYTES = 16_384;
const SHORTEST_KEY_BITS = 2_048;
/** SNS signs with one of a region for months. */
const KEPT_MS = 6 * 3_600_000;
const MOST_KEPT = 8;
/** Anybody may name a certificate that is not there yet, before anything of the message is proved: so many are asked for in so long, whoever names them. */
const MOST_ASKED = 10;
const ASKED_WITHIN_MS = 60_000;

interface Kept {
  readonly certificate: X509Certificate;
  readonly at: number;
}

/** The certificates with which SNS signs, each fetched once and kept for hours. Addresses are checked by whoever asks: what is given here is fetched. */
export class SnsCertificates {
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  readonly #deadlineMs: number;
  readonly #kept = new Map<string, Kept>();
  readonly #flying = new Map<string, Promise<X509Certificate | null>>();
  #asked: number[] = [];

  constructor({ fetch: given, now, deadlineMs }: SnsCertificatesOptions = {}) {
    this.#fetch = given ?? fetch;
    this.#now = now ?? (() => performance.now());
    this.#deadlineMs = deadlineMs ?? DEADLINE_MS;
  }

  /** The key of the certificate at that address; `null`: it cannot be had now. */
  async key(address: string, at: Date): Promise<KeyObject | null> {
    const certificate = await this.#certificate(address);
    const isInTime = certificate !== null && certificate.validFromDate <= at && at <= certificate.validToDate;
    if (!isInTime || certificate.publicKey.asymmetricKeyType !== 'rsa') return null;
    return (certificate.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= SHORTEST_KEY_BITS ? certificate.publicKey : null;
  }

  async #certificate(address: string): Promise<X509Certificate | null> {
    const kept = this.#kept.get(address);
    if (kept && this.#now() - kept.at < KEPT_MS) return kept.certificate;
    const flying = this.#flying.get(address);
    if (flying) return flying;
    if (!this.#mayAsk()) return null;
    const asked = this.#ask(address).finally(() => this.#flying.delete(address));
    this.#flying.set(address, asked);
    return asked;
  }

  #mayAsk(): boolean {
    const now = this.#now();
    this.#asked = this.#asked.filter((at) => now - at < ASKED_WITHIN_MS);
    if (this.#asked.length >= MOST_ASKED) return false;
    this.#asked.push(now);
    return true;
  }

  async #ask(address: string): Promise<X509Certificate | null> {
    try {
      const response = await this.#fetch(address, { redirect: 'error', signal: AbortSignal.timeout(this.#deadlineMs) });
      if (response.status !== 200) return null;
      const certificate = new X509Certificate(await bounded(response));
      // The oldest goes: whoever has the region's host lie cannot push out more than there is room for.
      for (const oldest of this.#kept.size < MOST_KEPT ? [] : [...this.#kept.keys()].slice(0, 1)) this.#kept.delete(oldest);
      this.#kept.set(address, { certificate, at: this.#now() });
      return certificate;
    } catch {
      // It is not reached, is late, is too large, or is none: to the message all are the same.
      return null;
    }
  }
}

async function bounded(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    // Leaving the loop cancels the rest of the body.
    if (size > LARGEST_BYTES) throw new Error('too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
