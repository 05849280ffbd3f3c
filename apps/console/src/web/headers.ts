import { SCRIPT_PATH } from './script.ts';

/**
 * Of every answer. One script runs, by its address; nothing that is on a page does, and no text becomes markup or a script. Nothing comes from elsewhere, nobody
 * frames a page, and forms go nowhere else.
 */
const contentFor = (origin: string): string =>
  [
    `default-src 'none'`,
    `script-src ${origin}${SCRIPT_PATH}`,
    `connect-src 'self'`,
    `style-src 'self'`,
    `img-src 'self'`,
    `form-action 'self'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
  ].join('; ');

const ALWAYS = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // A form tells its own origin, and nobody else the address.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  // A page is of one person at one time; not the browser's to keep.
  'cache-control': 'no-store',
} as const;
const YEAR_S = 31_536_000;

/** `origin`: where people reach it; by https, and never by anything else again. */
export const securityHeaders = (origin: string): Readonly<Record<string, string>> => ({
  'content-security-policy': contentFor(origin),
  ...ALWAYS,
  ...(origin.startsWith('https://') ? { 'strict-transport-security': `max-age=${YEAR_S}` } : {}),
});
