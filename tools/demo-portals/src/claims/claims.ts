import { createHash } from 'node:crypto';
import type { AccountKey } from '../records/accounts.ts';

const claimStatuses = ['Received', 'In review', 'Pending information', 'Approved', 'Paid', 'Denied'] as const;

export interface Claim {
  /** `CLM-1001` and up, the same numbers at every account; what they say differs by account. */
  readonly number: string;
  readonly status: (typeof claimStatuses)[number];
  readonly amountCents: number;
  /** ISO dates. `decidedDate` is null while the claim is open. */
  readonly serviceDate: string;
  readonly receivedDate: string;
  readonly decidedDate: string | null;
}

export const CLAIMS_PER_ACCOUNT = 24;

const FIRST_NUMBER = 1001;
const FIRST_SERVICE_DAY = Date.UTC(2025, 0, 6);
const DAY_MS = 24 * 60 * 60_000;

/** Demo data that never changes: derived from portal, user name and claim number alone. */
export function claimsOf({ portal, username }: AccountKey): readonly Claim[] {
  return Array.from({ length: CLAIMS_PER_ACCOUNT }, (_, index): Claim => {
    const number = `CLM-${FIRST_NUMBER + index}`;
    const random = createHash('sha256').update(`${portal}\n${username}\n${number}`).digest();
    const status = claimStatuses[random.readUInt8(0) % claimStatuses.length] ?? 'Received';
    const service = FIRST_SERVICE_DAY + (index * 7 + (random.readUInt8(1) % 7)) * DAY_MS;
    const received = service + (2 + (random.readUInt8(2) % 9)) * DAY_MS;
    const decided = status === 'Paid' || status === 'Denied' || status === 'Approved' ? received + (10 + (random.readUInt8(3) % 30)) * DAY_MS : null;
    return {
      number,
      status,
      amountCents: 4_500 + (random.readUInt32BE(4) % 4_000_000),
      serviceDate: isoDate(service),
      receivedDate: isoDate(received),
      decidedDate: decided === null ? null : isoDate(decided),
    };
  });
}

/** Claims whose number starts with what was typed, without regard to case and spaces around it; all for an empty text. */
export function searchClaims(key: AccountKey, typed: string): readonly Claim[] {
  const wanted = typed.trim().toUpperCase();
  return claimsOf(key).filter((claim) => claim.number.startsWith(wanted));
}

/** `12,345.60` */
export const formatAmount = (cents: number): string => (cents / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** `01/31/2025`, as American portals write it. */
export function formatUsDate(iso: string): string {
  const [year, month, day] = iso.split('-');
  return `${month}/${day}/${year}`;
}

const isoDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
