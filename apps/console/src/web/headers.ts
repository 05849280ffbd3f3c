/** Of every answer. No script runs at all, nothing comes from elsewhere, nobody frames a page, and forms go nowhere else. */
const CONTENT = [`default-src 'none'`, `style-src 'self'`, `img-src 'self'`, `form-action 'self'`, `base-uri 'none'`, `frame-ancestors 'none'`].join('; ');

const ALWAYS = {
  'content-security-policy': CONTENT,
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

/** `protectedUrl`: people reach it by https, and never by anything else again. */
export const securityHeaders = ({ protectedUrl }: { readonly protectedUrl: boolean }): Readonly<Record<string, string>> => ({
  ...ALWAYS,
  ...(protectedUrl ? { 'strict-transport-security': `max-age=${YEAR_S}` } : {}),
});
