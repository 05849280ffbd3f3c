import { RcmError, type Secret } from '@rcm/telemetry';
import type { Database, Transaction } from '../database.ts';
import { checkId, jsonText, jsonValue, timestamp } from '../input.ts';
import { lockPortalType } from '../portal-changes/stands.ts';
import { type NewPortalType, portalTypeRow, type PortalTypeRow } from './endpoint.ts';

export interface NewOrganization {
  readonly id: string;
  readonly name: string;
  readonly parentId?: string | null;
  /** How long its ended tasks are kept, 1 to 400 days. Default: as it is; `null`: as long as the deployment says. */
  readonly taskKeepDays?: number | null;
}

/** Creates an organization, or brings its name, its parent and what it says of its tasks up to date. */
export async function upsertOrganization(db: Database, { id, parentId = null, ...said }: NewOrganization): Promise<void> {
  checkId('organization id', id);
  const fields = { ...said, parentId };
  await db.transaction({ tenant: id }, (tx) => tx.organization.upsert({ where: { id }, create: { id, ...fields }, update: fields }));
}

/**
 * Creates a portal type, or brings it up to date: a changed recipe or limit holds from the next login on (an open rotation
 * attempt keeps the recipe's hash it began with). A change stands in the audit trail of every organization that uses the type
 * (`portal_type.changed`), by a trigger in the same transaction. Fails with `input_invalid`: hosts, driver or recipe of a type that is there are changed and `change` does not say why, recipe no object, empty rules, no hosts, a limit out of
 * range, a spread that is no shorter than the time to the portal's own expiry less the head start, a host given up that an endpoint is on, a host that lies somewhere, or has a name, but is none of `hosts`, a name that two hosts have. Whether passwords can be made from the rules
 * is @rcm/credentials' to say, and whether a host may lie where it does is @rcm/portal-drivers', before this. `stood`: how it stood (`portalTypeStands`) when the save was made; fails with `state_conflict`, and changes
 * nothing, where somebody else has saved it since. Default: it is saved however it stands.
 */
export const upsertPortalType = (
  db: Database,
  portalType: NewPortalType,
  change?: PersonalChange & { readonly stood?: string | null | undefined },
): Promise<PortalTypeRow> =>
  db.transaction('no tenant', async (tx) => {
    await lockPortalType(tx, { code: checkId('portal type code', portalType.code), stood: change?.stood });
    return upsertPortalTypeIn(tx, portalType, change);
  });

/** The same in the caller's transaction, which has locked it. */
export async function upsertPortalTypeIn(tx: Transaction, portalType: NewPortalType, change?: PersonalChange): Promise<PortalTypeRow> {
  checkId('portal type code', portalType.code);
  if (typeof portalType.recipe !== 'object' || portalType.recipe === null || Array.isArray(portalType.recipe))
    throw new RcmError('input_invalid', 'recipe must be an object.');
  if (portalType.passwordRules.trim() === '') throw new RcmError('input_invalid', 'passwordRules must not be empty.');
  if (portalType.hosts.length === 0) throw new RcmError('input_invalid', 'hosts must name at least one host.');
  // A row that was read is saved again with what it had: the realms before are Postgres's to write.
  const {
    code,
    maintenanceWindows,
    privateHosts,
    loopbackHosts,
    hostNames,
    formerRealms: _remembered,
    ...rest
  } = portalType as NewPortalType & Partial<PortalTypeRow>;
  const fields = {
    ...rest,
    lockoutLastsSeconds: portalType.lockoutLastsSeconds === undefined ? portalType.lockoutWindowSeconds : portalType.lockoutLastsSeconds,
    ...(maintenanceWindows ? { maintenanceWindows: [...maintenanceWindows] } : {}),
    hosts: lowerCase(portalType.hosts),
    ...(privateHosts ? { privateHosts: lowerCase(privateHosts) } : {}),
    ...(loopbackHosts ? { loopbackHosts: lowerCase(loopbackHosts) } : {}),
    ...(hostNames ? { hostNames: namedOnce(hostNames, lowerCase(portalType.hosts)) } : {}),
    recipe: jsonValue('recipe', portalType.recipe),
    updatedAt: new Date(),
  };
  if (change) await sayWhy(tx, change);
  const saved = portalTypeRow(await tx.portalType.upsert({ where: { code }, create: { code, ...fields }, update: fields }));
  mustComeDueLater(saved);
  return saved;
}

/** What is left out stays as it was, so only the whole row shows whether a login would be due again, by its spread, before it was rotated. */
function mustComeDueLater({ rotationSpreadDays, passwordExpiresDays, expiryHeadStartDays }: PortalTypeRow): void {
  const days = passwordExpiresDays === null ? Infinity : passwordExpiresDays - expiryHeadStartDays;
  if (rotationSpreadDays < days) return;
  throw new RcmError(
    'input_invalid',
    `rotationSpreadDays must be less than passwordExpiresDays less expiryHeadStartDays (${days}), which stay as they were saved where they are left out; or logins are due again as soon as they are done. Nothing was changed.`,
  );
}

/** Who changes what passwords are typed into, and why. */
export interface PersonalChange {
  readonly actor: string;
  readonly reason: string;
}

/** For the triggers that tell of the change, and for this transaction only. */
export async function sayWhy(tx: Transaction, { actor, reason }: PersonalChange): Promise<void> {
  await tx.$executeRaw`SELECT set_config('app.actor', ${actor}, true), set_config('app.reason', ${reason}, true)`;
}

const lowerCase = (hosts: readonly string[]): string[] => hosts.map((host) => host.toLowerCase());

const HOST_NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** A name that stood for two hosts would say where a password is typed, or not. */
function namedOnce(hostNames: PortalTypeRow['hostNames'], hosts: readonly string[]): Record<string, string> {
  if (Object.keys(hostNames).some((host) => !hosts.includes(host.toLowerCase())))
    throw new RcmError('input_invalid', 'A host has a name that is none of the hosts.');
  const names = Object.values(hostNames);
  if (names.some((name) => !HOST_NAME.test(name)))
    throw new RcmError('input_invalid', 'A host is named by lower-case letters, digits and underscores, starting with a letter.');
  if (new Set(names).size !== names.length) throw new RcmError('input_invalid', 'Two hosts have the same name.');
  return Object.fromEntries(Object.entries(hostNames).map(([host, name]) => [host.toLowerCase(), name]));
}

export interface NewEndpoint {
  readonly id: string;
  readonly orgId: string;
  readonly portalTypeCode: string;
  /** Becomes the last part of the secret's path. */
  readonly accountId: string;
  /** On a host that the portal type declares. */
  readonly baseUrl: string;
  /** May hold `credentials` in plaintext, as endpoints did before the migration. */
  readonly config?: Secret<Readonly<Record<string, unknown>>>;
  readonly nextRotationAt?: Date;
}

/**
 * Creates an endpoint, or leaves the one that is there with everything it has become (`created: false`). Fails with `input_invalid`,
 * `state_conflict` (another organization has an endpoint with this id).
 *
 * The row goes in with an empty config and gets the real one by a second statement: when a CHECK refuses a row, Postgres quotes the
 * whole row in its error and its log. By the second statement nothing can be refused any more. `change`: who registers it and why, for the event that a trigger writes.
 */
export async function insertEndpoint(db: Database, endpoint: NewEndpoint, change?: PersonalChange): Promise<{ readonly created: boolean }> {
  checkId('endpoint id', endpoint.id);
  checkId('organization id', endpoint.orgId);
  checkId('account id', endpoint.accountId);
  const config = endpoint.config ? jsonText('config', endpoint.config.reveal()) : null;
  if (config !== null && !config.startsWith('{')) throw new RcmError('input_invalid', 'config must be an object.');
  const due = endpoint.nextRotationAt ? timestamp(endpoint.nextRotationAt) : null;
  return db.transaction({ tenant: endpoint.orgId }, async (tx) => {
    if (change) await sayWhy(tx, change);
    const inserted = await tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, next_rotation_at)
      VALUES (${endpoint.id}, ${endpoint.orgId}, ${endpoint.portalTypeCode}, ${endpoint.accountId}, ${endpoint.baseUrl}, ${due}::timestamptz)
      ON CONFLICT (id) DO NOTHING`;
    if (inserted === 0) {
      const own = await tx.integrationEndpoint.findFirst({ where: { id: endpoint.id, orgId: endpoint.orgId }, select: { id: true } });
      if (!own) throw new RcmError('state_conflict', `The endpoint id ${endpoint.id} is taken; choose a different one.`);
      return { created: false };
    }
    if (config !== null) await tx.$executeRaw`UPDATE integration_endpoint SET config = ${config}::jsonb WHERE id = ${endpoint.id}`;
    return { created: true };
  });
}
