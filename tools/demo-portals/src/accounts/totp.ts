import { timingSafeEqual } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** RFC 6238 as most portals use it. */
const TOTP_STEP_MS = 30_000;
const SKEW_STEPS = 1;

/** A seed as people paste it: base32, any case, with or without spaces and padding. */
export const isUsableSeed = (seed: string): boolean => /^[a-z2-7 ]+=*$/i.test(seed.trim()) && secretOf(seed).bytes.length >= 8;

/** The time-steps, of the three that are valid now, whose code this is; `oldest` is the earliest of the three. */
export function matchingSteps(seed: string, code: string, now: number): { readonly steps: readonly number[]; readonly oldest: number } {
  const totp = new TOTP({ secret: secretOf(seed), algorithm: 'SHA1', digits: 6, period: TOTP_STEP_MS / 1000 });
  const present = Math.floor(now / TOTP_STEP_MS);
  const valid = Array.from({ length: 2 * SKEW_STEPS + 1 }, (_, at) => present - SKEW_STEPS + at);
  const typed = code.replace(/\s/g, '');
  return { steps: valid.filter((step) => sameText(totp.generate({ timestamp: step * TOTP_STEP_MS }), typed)), oldest: present - SKEW_STEPS };
}

const secretOf = (seed: string): Secret => Secret.fromBase32(seed.replace(/[\s=]/g, ''));

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
