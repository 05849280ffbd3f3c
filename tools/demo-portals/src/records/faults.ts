import { z } from 'zod';
import type { PortalCode } from '../portal-code.ts';
import type { Records } from './database.ts';
import { readSetting, writeSetting } from './settings.ts';

export const faultNames = ['none', 'slow', '500_before_commit', '500_after_commit', 'drop_after_commit', 'maintenance'] as const;

const MAX_DELAY_MS = 10 * 60_000;

/** `delayMs` belongs to `slow`. `count`: how many requests the fault still meets; without it, all until it is set to `none`. */
export const faultSchema = z.strictObject({
  fault: z.enum(faultNames),
  delayMs: z.int().min(0).max(MAX_DELAY_MS).default(1000),
  count: z.int().min(1).optional(),
});

export type Fault = z.infer<typeof faultSchema>;

/** The faults that strike when a password change is about to be, or has just been, committed. */
export type ChangeFault = '500_before_commit' | '500_after_commit' | 'drop_after_commit';

const NONE: Fault = { fault: 'none', delayMs: 0 };
const nameOf = (portal: PortalCode): string => `fault/${portal}`;

export function currentFault(records: Records, portal: PortalCode): Fault {
  const stored = readSetting(records, nameOf(portal));
  return stored === null ? NONE : faultSchema.parse(stored);
}

export function setFault(records: Records, portal: PortalCode, fault: Fault): void {
  writeSetting(records, nameOf(portal), fault);
}

/** The portal's fault if it is one of `kinds`, having counted this request against it; else null. */
export function takeFault<K extends Fault['fault']>(records: Records, portal: PortalCode, kinds: readonly K[]): (Fault & { readonly fault: K }) | null {
  const present = currentFault(records, portal);
  if (!(kinds as readonly string[]).includes(present.fault)) return null;
  if (present.count !== undefined) setFault(records, portal, present.count > 1 ? { ...present, count: present.count - 1 } : NONE);
  return present as Fault & { readonly fault: K };
}
