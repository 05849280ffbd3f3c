import { execFileSync } from 'node:child_process';
import { LONGEST_CODE_WAIT_MS } from '@rcm/db/codes';
import type { LeaseTiming } from '@rcm/db/holding';
import { systemClock, transportEnvironment } from '@rcm/telemetry';
import { z } from 'zod';
import type { LoginTiming } from './login-request.ts';
import { KeptCodes } from './kept-codes.ts';
import { PersonPlaces } from './person-places.ts';

const milliseconds = (fallback: number, min: number, max = Number.MAX_SAFE_INTEGER) => z.coerce.number().int().min(min).max(max).default(fallback);

/** What every process that logs in to portals reads from its environment, as a zod raw shape to spread into its own schema. */
export const portalEnvironment = {
  ...transportEnvironment,
  /** Whether pages are kept in Chromium's sandbox. `off` only where the browser cannot have it: as root without RCM_BROWSER_USER. */
  RCM_BROWSER_SANDBOX: z.enum(['on', 'off']).default('on'),
  /** The user that the browser runs as, where this process is root. Default: this process's own. */
  RCM_BROWSER_USER: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a user')
    .optional(),
  /** Chromium's path; else Playwright's own, else the system's. */
  RCM_CHROMIUM_PATH: z.string().optional(),
  /** What a browser's window (`--headed`) needs of the desktop; nothing else of the environment reaches the browser. */
  DISPLAY: z.string().optional(),
  WAYLAND_DISPLAY: z.string().optional(),
  XAUTHORITY: z.string().optional(),
  XDG_RUNTIME_DIR: z.string().optional(),
  /** Browser contexts at once in this process. */
  RCM_MAX_BROWSER_CONTEXTS: z.coerce.number().int().min(1).max(64).default(4),
  /** How long a lease outlives its holder's death. */
  /** The database gives an agent no lease for longer than an hour. */
  RCM_LEASE_TTL_MS: milliseconds(60_000, 1_000, 3_600_000),
  /** How long to wait for a login that is in use or being changed. */
  RCM_LEASE_WAIT_MS: milliseconds(120_000, 1),
  RCM_LEASE_POLL_MS: milliseconds(200, 10),
  /** For one login in the browser. */
  RCM_LOGIN_DEADLINE_MS: milliseconds(60_000, 1_000),
  /** For a one-time code step that nobody used. */
  RCM_TOTP_WAIT_MS: milliseconds(120_000, 1_000),
  RCM_CODE_PERSON_WAIT_MS: milliseconds(300_000, 10_000, LONGEST_CODE_WAIT_MS),
  /** Where evidence of portal pages is kept. Unset: none is taken, because pages may show health data. */
  RCM_EVIDENCE_DIR: z.string().min(1).optional(),
  /** After which acts: those that ended as unknown or unavailable, or every one. */
  RCM_EVIDENCE_WHEN: z.enum(['unclear', 'ends']).default('unclear'),
  RCM_EVIDENCE_SCREENSHOTS: z.enum(['on', 'off']).default('on'),
  RCM_EVIDENCE_KEPT_HOURS: z.coerce.number().min(0.001).max(8_784).default(72),
  /** For the whole folder; one act's evidence is far below the least. */
  RCM_EVIDENCE_MAX_BYTES: z.coerce.number().int().min(16_777_216).default(1_073_741_824),
};

export type PortalConfig = z.infer<z.ZodObject<typeof portalEnvironment>>;

/** For `.superRefine`: a browser that can read what this process holds, or that pages can break out of, is one that somebody chose. */
export function checkBrowser(
  { RCM_BROWSER_SANDBOX: sandbox, RCM_BROWSER_USER: user }: Pick<PortalConfig, 'RCM_BROWSER_SANDBOX' | 'RCM_BROWSER_USER'>,
  problems: z.core.$RefinementCtx,
  isRoot = process.geteuid?.() === 0,
): void {
  const report = (name: string, message: string): void => void problems.addIssue({ code: 'custom', path: [name], message });
  if (isRoot && user === undefined && sandbox === 'on')
    report(
      'RCM_BROWSER_SANDBOX',
      'is on, and Chromium has none as root: start this process as a user of its own, or name one for the browser in RCM_BROWSER_USER, or set RCM_BROWSER_SANDBOX=off (every start says so)',
    );
  if (user === undefined) return;
  if (!isRoot) report('RCM_BROWSER_USER', 'is set, but only root may start the browser as another user: unset it');
  else if (!isOtherUser(user)) report('RCM_BROWSER_USER', 'must be a user of this machine that is not root');
}

/** One sentence for each choice that leaves the browser less fenced in than it could be. */
export const browserWarnings = ({ RCM_BROWSER_SANDBOX, RCM_BROWSER_USER }: PortalConfig): string[] => [
  ...(RCM_BROWSER_SANDBOX === 'off' ? ['RCM_BROWSER_SANDBOX=off: a page that breaks out of Chromium can do and read what the user of the browser can.'] : []),
  ...(RCM_BROWSER_SANDBOX === 'off' && RCM_BROWSER_USER === undefined
    ? ['The browser runs as the user of this process, which holds the logins of every tenant that it works for.']
    : []),
];

function isOtherUser(name: string): boolean {
  try {
    return Number(execFileSync('id', ['-u', '--', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })) > 0;
  } catch {
    return false;
  }
}

/** The variables that a browser's window needs, as far as they are set. */
export const windowEnvironment = ({ DISPLAY, WAYLAND_DISPLAY, XAUTHORITY, XDG_RUNTIME_DIR }: PortalConfig): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ DISPLAY, WAYLAND_DISPLAY, XAUTHORITY, XDG_RUNTIME_DIR }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

export const leaseTiming = (config: PortalConfig): LeaseTiming => ({
  ttlMs: config.RCM_LEASE_TTL_MS,
  waitMs: config.RCM_LEASE_WAIT_MS,
  pollMs: config.RCM_LEASE_POLL_MS,
});

/** Once for each process: its logins share what they have of places and of codes that are still good. */
export const loginTiming = (config: PortalConfig): LoginTiming => ({
  loginDeadlineMs: config.RCM_LOGIN_DEADLINE_MS,
  totpWaitMs: config.RCM_TOTP_WAIT_MS,
  personWaitMs: config.RCM_CODE_PERSON_WAIT_MS,
  // Of the contexts at work, so that the other half is left for logins that wait for nobody.
  personPlaces: new PersonPlaces(Math.max(1, Math.floor(config.RCM_MAX_BROWSER_CONTEXTS / 2))),
  keptCodes: new KeptCodes({ clock: systemClock }),
});
