import type { NewPortalType } from '@rcm/db';
import { readRecipeFile } from '@rcm/portal-drivers';

/** The demo portals, by the code of their recipe. */
export const portalCodes = ['alpine', 'borealis', 'cascade'] as const;
export type PortalCode = (typeof portalCodes)[number];

export const isPortalCode = (text: string): text is PortalCode => (portalCodes as readonly string[]).includes(text);

interface PortalFacts {
  readonly name: string;
  /** As the portal's own page says, in the notation of the `passwordrules` attribute. */
  readonly passwordRules: string;
  readonly lockoutThreshold: number;
  readonly totpSkew: number;
}

/** What an operator reads in the portal's help pages and enters once. */
export const portalFacts: Readonly<Record<PortalCode, PortalFacts>> = {
  alpine: {
    name: 'Alpine Health Plan',
    passwordRules: 'minlength: 10; maxlength: 64; required: lower; required: upper; required: digit; allowed: ascii-printable;',
    lockoutThreshold: 3,
    totpSkew: 0,
  },
  borealis: {
    name: 'Borealis Mutual',
    passwordRules: 'minlength: 12; maxlength: 32; required: lower; required: upper; required: digit; required: [-!@#$%^&*_]; max-consecutive: 2;',
    lockoutThreshold: 5,
    totpSkew: 1,
  },
  cascade: {
    name: 'Cascade Benefits',
    passwordRules: 'minlength: 8; maxlength: 12; required: lower; required: upper; required: digit; allowed: [#$@!]; history: 4;',
    lockoutThreshold: 3,
    totpSkew: 0,
  },
};

/** The demo portals are this repository's own, so nobody's terms are in the way. */
const DECISION = {
  automation: 'allowed',
  termsVersion: 'tools/demo-portals, of this repository',
  termsDate: new Date('2026-11-29'),
  automationDecidedBy: 'the project',
} as const;

/** One row per portal. Demo portals are on this machine, a change holds everywhere within a second, and their rotations are not spread over days. */
export async function portalTypes(baseUrls: Readonly<Record<PortalCode, string>>): Promise<NewPortalType[]> {
  return Promise.all(
    portalCodes.map(async (code): Promise<NewPortalType> => {
      const facts = portalFacts[code];
      return {
        ...facts,
        code,
        hosts: [new URL(baseUrls[code]).host],
        privateHosts: [],
        loopbackHosts: [new URL(baseUrls[code]).host],
        driver: 'recipe',
        recipe: await readRecipeFile(code),
        rotationMode: 'automatic',
        rotationIntervalDays: 60,
        rotationSpreadDays: 0,
        lockoutMargin: 1,
        lockoutWindowSeconds: 15 * 60,
        propagationDelayMs: 1_000,
        totpPeriodSeconds: 30,
        maxSessionsPerAccount: 1,
        maxConcurrency: 8,
        ...DECISION,
      };
    }),
  );
}
