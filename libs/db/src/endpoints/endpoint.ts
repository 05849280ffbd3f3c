import type { Prisma } from '../generated/client.ts';

/** A payer portal product as its row says (DESIGN "Words"). */
export interface PortalTypeRow {
  readonly code: string;
  readonly name: string;
  /** Hosts, with port where it is not the scheme's own, on which a login may be typed. */
  readonly hosts: readonly string[];
  readonly driver: string;
  readonly recipe: unknown;
  readonly passwordRules: string;
  readonly rotationMode: 'automatic' | 'manual';
  readonly rotationIntervalDays: number;
  readonly rotationSpreadDays: number;
  /** Wrong logins after which the portal locks. */
  readonly lockoutThreshold: number;
  /** How many of these are left to the humans who use the same account. */
  readonly lockoutMargin: number;
  readonly lockoutWindowSeconds: number;
  /** How long the portal may take until a change holds everywhere. */
  readonly settleMs: number;
  readonly totpSkew: number;
  readonly totpPeriodSeconds: number;
  readonly maxSessionsPerAccount: number;
  /** Rotations at once at this portal, over all rotators. */
  readonly maxConcurrency: number;
  /** Tasks at once at this portal, over all web-agents; `null`: no limit but that of each account's sessions. */
  readonly maxTaskConcurrency: number | null;
  /** When no rotation begins, on the portal's clock: `sun 22:00-04:00`, `daily 02:00-03:30`. */
  readonly maintenanceWindows: readonly string[];
  /** IANA name of the portal's clock; also decides when its day begins. */
  readonly maintenanceTimeZone: string;
  /** After how many days the portal itself lets a password expire; `null`: never. */
  readonly passwordExpiresDays: number | null;
  /** How long before that we rotate. */
  readonly expiryHeadStartDays: number;
}

type OptionalInPortalType = 'maxTaskConcurrency' | 'maintenanceWindows' | 'maintenanceTimeZone' | 'passwordExpiresDays' | 'expiryHeadStartDays';
/** A portal type as it is saved. Left out: what is there already, else no limit of tasks, no maintenance, UTC, no expiry, 7 days. */
export type NewPortalType = Omit<PortalTypeRow, OptionalInPortalType> & Partial<Pick<PortalTypeRow, OptionalInPortalType>>;

/** One organization's account at one portal. `config` is not part of it: nothing that reads endpoints sees plaintext. */
export interface EndpointRow {
  readonly id: string;
  readonly orgId: string;
  readonly portalTypeCode: string;
  readonly accountId: string;
  readonly baseUrl: string;
  readonly secretArn: string | null;
  readonly currentVersion: string | null;
  readonly loginIdentity: string | null;
  /** `failed`: an attempt is blocked. `pending`: an attempt is open, or a person has to act. */
  readonly rotationStatus: 'active' | 'failed' | 'pending' | null;
  readonly lastRotatedAt: Date | null;
  readonly nextRotationAt: Date | null;
  readonly hasLegacyCredentials: boolean;
  readonly portalType: PortalTypeRow;
}

/** What a query must include for `endpointRow`. */
export const WITH_PORTAL_TYPE = { portalType: true } as const;

type PortalTypeModel = Prisma.PortalTypeGetPayload<object>;
type EndpointModel = Omit<Prisma.IntegrationEndpointGetPayload<{ include: typeof WITH_PORTAL_TYPE }>, 'config'>;

/** CHECKs of the schema make the casts true. */
export function portalTypeRow(row: PortalTypeModel): PortalTypeRow {
  const { createdAt: _created, updatedAt: _updated, ...rest } = row;
  return { ...rest, rotationMode: row.rotationMode as PortalTypeRow['rotationMode'] };
}

export function endpointRow(row: EndpointModel): EndpointRow {
  return {
    id: row.id,
    orgId: row.orgId,
    portalTypeCode: row.portalTypeCode,
    accountId: row.accountId,
    baseUrl: row.baseUrl,
    secretArn: row.secretArn,
    currentVersion: row.currentVersion,
    loginIdentity: row.loginIdentity,
    rotationStatus: row.rotationStatus as EndpointRow['rotationStatus'],
    lastRotatedAt: row.lastRotatedAt,
    nextRotationAt: row.nextRotationAt,
    hasLegacyCredentials: row.hasLegacyCredentials,
    portalType: portalTypeRow(row.portalType),
  };
}
