import type { Transaction } from '../database.ts';
import type { Prisma } from '../generated/client.ts';

/** A payer portal product as its row says (docs/glossary.md). */
export interface PortalTypeRow {
  readonly code: string;
  readonly name: string;
  /** Hosts, with port where it is not the scheme's own, on which a login may be typed. */
  readonly hosts: readonly string[];
  /** Of `hosts`, those on a private network. Every host in neither list lies at public addresses, or is not reached. */
  readonly privateHosts: readonly string[];
  /** Of `hosts`, those on the machine that runs the browser. */
  readonly loopbackHosts: readonly string[];
  /** What recipes call hosts (`{idp}`), by host. */
  readonly hostNames: Readonly<Record<string, string>>;
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
  /** `consecutive`: a success forgives what came before it. `window`: nothing but time does. `until_unlocked`: nothing but a person does. */
  readonly lockoutCounts: 'consecutive' | 'window' | 'until_unlocked';
  /** How long a failure counts; `null`: time forgives nothing. */
  readonly lockoutWindowSeconds: number | null;
  /** How long a lock lasts; `null`: until somebody calls the portal's support. */
  readonly lockoutLastsSeconds: number | null;
  /** Whether wrong one-time codes count, too. */
  readonly lockoutCountsCodes: boolean;
  /** Where a user name means one account; `null`: at this portal type alone. Several types behind one sign-in share one. */
  readonly accountRealm: string | null;
  /** The realms that it had; Postgres remembers them. */
  readonly formerRealms: readonly string[];
  /** Whether `User` and `user` are two accounts. */
  readonly usernameCase: 'exact' | 'ignored';
  /** How long the portal may take until a change holds everywhere. */
  readonly propagationDelayMs: number;
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
  /** Whether its terms let a program log in. `assisted`: a person does it. `null`: nobody has decided, so no program does. */
  readonly automation: Automation | null;
  /** By which terms this was decided, of when they are, and by whom; `null` as long as it is not. */
  readonly termsVersion: string | null;
  readonly termsDate: Date | null;
  readonly automationDecidedBy: string | null;
  /** After how many days without a login the portal disables it; `null`: never, or nobody knows. */
  readonly dormantAfterDays: number | null;
  /** Which logins count for that. */
  readonly dormantCounts: 'login' | 'second_factor';
  /** How often a person confirms at the portal that a login is still wanted. */
  readonly recertifyEveryDays: number | null;
  /** How many backup codes the portal gives for one login. */
  readonly backupCodes: number | null;
  /** After how many days without a login one is made to see whether the portal accepts what is stored; `null`: never. */
  readonly verifyEveryDays: number | null;
}

export const automations = ['allowed', 'assisted', 'forbidden'] as const;
export type Automation = (typeof automations)[number];

type OptionalInPortalType =
  | 'privateHosts'
  | 'loopbackHosts'
  | 'hostNames'
  | 'lockoutCounts'
  | 'lockoutLastsSeconds'
  | 'lockoutCountsCodes'
  | 'accountRealm'
  | 'usernameCase'
  | 'maxTaskConcurrency'
  | 'maintenanceWindows'
  | 'maintenanceTimeZone'
  | 'passwordExpiresDays'
  | 'expiryHeadStartDays'
  | 'automation'
  | 'termsVersion'
  | 'termsDate'
  | 'automationDecidedBy'
  | 'dormantAfterDays'
  | 'dormantCounts'
  | 'recertifyEveryDays'
  | 'backupCodes'
  | 'verifyEveryDays';
/**
 * A portal type as it is saved. Left out: what is there already, else no host but at public addresses and none with a name, failures in a row, wrong codes among them, a realm of its own, exact user
 * names, no limit of tasks, no maintenance, UTC, no expiry, 7 days, nothing decided about automation, no login that lapses or is verified by itself. A lock whose length is left out lasts as long as the window.
 */
export type NewPortalType = Omit<PortalTypeRow, OptionalInPortalType | 'formerRealms'> & Partial<Pick<PortalTypeRow, OptionalInPortalType>>;

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
  /** Since when the organization uses it no more; then it names neither a secret nor an account. */
  readonly retiredAt: Date | null;
  /** The secret that it named when it was retired. */
  readonly retiredSecretArn: string | null;
  readonly portalType: PortalTypeRow;
}

/** What a query must include for `endpointRow`. */
export const WITH_PORTAL_TYPE = { portalType: true } as const;

type PortalTypeModel = Prisma.PortalTypeGetPayload<object>;
type EndpointModel = Omit<Prisma.IntegrationEndpointGetPayload<object>, 'config'>;

/** CHECKs of the schema make the casts true. */
export function portalTypeRow(row: PortalTypeModel): PortalTypeRow {
  const { createdAt: _created, updatedAt: _updated, ...rest } = row;
  return {
    ...rest,
    rotationMode: row.rotationMode as PortalTypeRow['rotationMode'],
    lockoutCounts: row.lockoutCounts as PortalTypeRow['lockoutCounts'],
    usernameCase: row.usernameCase as PortalTypeRow['usernameCase'],
    dormantCounts: row.dormantCounts as PortalTypeRow['dormantCounts'],
    automation: row.automation as PortalTypeRow['automation'],
    hostNames: row.hostNames as PortalTypeRow['hostNames'],
  };
}

/** Endpoints of a page. A portal type is read once for all of its endpoints, and is one object: with its recipe it is larger than all else of a row. */
export async function endpointRows(tx: Transaction, rows: readonly EndpointModel[]): Promise<EndpointRow[]> {
  const codes = [...new Set(rows.map((row) => row.portalTypeCode))];
  const types = new Map((await tx.portalType.findMany({ where: { code: { in: codes } } })).map((type) => [type.code, portalTypeRow(type)]));
  return rows.flatMap((row) => {
    const portalType = types.get(row.portalTypeCode);
    return portalType ? [withPortalType(row, portalType)] : [];
  });
}

export const endpointRow = (row: EndpointModel & { readonly portalType: PortalTypeModel }): EndpointRow => withPortalType(row, portalTypeRow(row.portalType));

function withPortalType(row: EndpointModel, portalType: PortalTypeRow): EndpointRow {
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
    retiredAt: row.retiredAt,
    retiredSecretArn: row.retiredSecretArn,
    portalType,
  };
}
