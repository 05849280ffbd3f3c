import { RcmError, Secret } from '@rcm/telemetry';
import { Secret as Seed, TOTP } from 'otpauth';

export interface TotpOptions {
  /** Base32 seed as portals show it; spaces, dashes, case and padding do not matter. */
  readonly seed: Secret<string>;
  /** Number of the time-step: floor(Unix seconds / period). Whoever reserves steps decides it; this file has no clock. */
  readonly step: number;
  /** Default 6. */
  readonly digits?: number;
  /** Default SHA1, what nearly every portal uses. */
  readonly algorithm?: 'SHA1' | 'SHA256' | 'SHA512';
}

/** The code of one time-step (RFC 6238). Fails with `payload_invalid` where the seed is not base32 of at least 80 bits. */
export function totpCode(options: TotpOptions): Secret<string> {
  if (!Number.isSafeInteger(options.step) || options.step < 0) throw new RcmError('input_invalid', 'A TOTP step is a whole number.');
  const totp = new TOTP({ secret: readSeed(options.seed), digits: options.digits ?? 6, algorithm: options.algorithm ?? 'SHA1', period: 1 });
  // With a period of one second the time-step is the time itself.
  return new Secret(totp.generate({ timestamp: options.step * 1_000 }));
}

/** Whether codes can be made of it: base32 of at least 80 bits. */
export const isUsableSeed = (seed: Secret<string>): boolean => BASE32.test(bareSeed(seed));

function readSeed(seed: Secret<string>): Seed {
  const text = bareSeed(seed);
  if (!BASE32.test(text)) throw new RcmError('payload_invalid', 'The MFA seed is not base32 text of at least 16 characters.');
  return Seed.fromBase32(text);
}

// 16 base32 characters are 80 bits, the shortest seed seen in use (RFC 4226 asks for 128).
const BASE32 = /^[A-Z2-7]{16,256}$/;

const bareSeed = (seed: Secret<string>): string =>
  seed
    .reveal()
    .replace(/[\s-]/g, '')
    .replace(/(?<!=)=+$/, '')
    .toUpperCase();
