import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { usablePasswordRules } from '@rcm/credentials';
import { automations, type NewPortalType } from '@rcm/db';
import { type DeclaredHost, hostAddresses, hostOf, hostProblem, parseRecipe } from '@rcm/portal-drivers';
import { idSchema, isRcmError, RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import { FAILURES_TO_START } from './starting.ts';

const whole = (least: number) => z.number().int().min(least);

/** Days of head start before the portal's own expiry, where the file names none; the table's default. */
const HEAD_START_DAYS = 7;
/** Where the file names none. */
const PROPAGATION_DELAY_MS = 60_000;

const hostName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower-case letters, digits and underscores, starting with a letter');

/** A host alone lies at public addresses; a portal in a private network or on this machine says so, host by host. `name`: what its recipe calls it. */
const declaredHost = z
  .union(
    [z.string(), z.strictObject({ host: z.string(), address: z.enum(hostAddresses).default('public'), name: hostName.exactOptional() })],
    'must be a host, or {"host": …, "address": …, "name": …}',
  )
  .superRefine((declared, context) => {
    const problem = hostProblem(declared, { spelling: 'exact' });
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

const saidOnce = (hosts: readonly DeclaredHost[]): boolean => new Set(hosts.map(lowerCaseHost)).size === hosts.length;

const namesOf = (hosts: readonly DeclaredHost[]): string[] => hosts.flatMap((one) => (typeof one === 'string' ? [] : (one.name ?? [])));
const namedOnce = (hosts: readonly DeclaredHost[]): boolean => new Set(namesOf(hosts)).size === namesOf(hosts).length;

interface Lockout {
  readonly lockoutCounts: NonNullable<NewPortalType['lockoutCounts']>;
  readonly lockoutWindowSeconds?: number | null;
}

/** Why what a file says of the time in which failures count does not go with how they count; `null`: it does. */
function windowProblem({ lockoutCounts, lockoutWindowSeconds }: Lockout): string | null {
  switch (lockoutCounts) {
    case 'window':
      return typeof lockoutWindowSeconds === 'number' ? null : 'is how long the window is: a portal that counts in a window has one';
    case 'until_unlocked':
      return typeof lockoutWindowSeconds === 'number' ? 'does not go with until_unlocked: there, time forgives nothing' : null;
    case 'consecutive':
      return lockoutWindowSeconds === undefined ? 'is not said: how long a failure counts, or null where only a success makes the portal forget it' : null;
  }
}

/** What an operator reads in the portal's help pages and writes down once. `recipe` is the path of its recipe, from the file's own folder. */
const schema = z
  .strictObject({
    code: z.string(),
    name: z.string().min(1),
    hosts: z.array(declaredHost).min(1).refine(saidOnce, 'names a host twice').refine(namedOnce, 'gives two hosts the same name'),
    recipe: z.string().min(1),
    passwordRules: z.string(),
    rotationMode: z.enum(['automatic', 'manual']).default('automatic'),
    rotationIntervalDays: whole(1).default(60),
    rotationSpreadDays: whole(0).default(0),
    lockoutThreshold: whole(1),
    lockoutMargin: whole(0).default(1),
    lockoutCounts: z.enum(['consecutive', 'window', 'until_unlocked']).default('consecutive'),
    lockoutWindowSeconds: whole(1).nullable().exactOptional(),
    lockoutLastsSeconds: whole(1).nullable().exactOptional(),
    lockoutCountsCodes: z.boolean().default(true),
    accountRealm: idSchema.exactOptional(),
    usernameCase: z.enum(['exact', 'ignored']).default('exact'),
    propagationDelayMs: whole(0).exactOptional(),
    /** What it was called before; files of then are still read. */
    settleMs: whole(0).exactOptional(),
    totpSkew: whole(0).default(0),
    totpPeriodSeconds: whole(1).default(30),
    maxSessionsPerAccount: whole(1).default(1),
    maxConcurrency: whole(1).default(1),
    maxTaskConcurrency: whole(1).exactOptional(),
    maintenanceWindows: z.array(z.string()).exactOptional(),
    maintenanceTimeZone: z.string().exactOptional(),
    passwordExpiresDays: whole(1).exactOptional(),
    expiryHeadStartDays: whole(0).exactOptional(),
    dormantAfterDays: whole(2).exactOptional(),
    dormantCounts: z.enum(['login', 'second_factor']).exactOptional(),
    recertifyEveryDays: whole(2).exactOptional(),
    backupCodes: whole(1).exactOptional(),
    verifyEveryDays: whole(1).exactOptional(),
    automation: z.enum(automations).exactOptional(),
    termsVersion: z.string().trim().min(1).exactOptional(),
    termsDate: z.iso
      .date()
      .transform((day) => new Date(day))
      .exactOptional(),
    automationDecidedBy: z.string().trim().min(1).exactOptional(),
  })
  .refine(({ propagationDelayMs, settleMs }) => propagationDelayMs === undefined || settleMs === undefined, {
    path: ['settleMs'],
    message: 'is what propagationDelayMs was called before: say it once',
  })
  .superRefine((type, context) => {
    // The failure that locks is not forgiven, whether or not one is left to people.
    const forgives = type.lockoutThreshold - Math.max(type.lockoutMargin, 1);
    if (type.rotationMode === 'automatic' && forgives < FAILURES_TO_START)
      context.addIssue({
        code: 'custom',
        path: ['lockoutThreshold'],
        message: `less lockoutMargin, or less the failure that locks, leaves ${forgives}, and a rotation starts with ${FAILURES_TO_START} failures to spare: take a smaller margin, or rotationMode manual`,
      });
    const window = windowProblem(type);
    if (window !== null) context.addIssue({ code: 'custom', path: ['lockoutWindowSeconds'], message: window });
    const decision = [type.automation, type.termsVersion, type.termsDate, type.automationDecidedBy].filter((said) => said !== undefined);
    if (decision.length % 4 !== 0)
      context.addIssue({ code: 'custom', path: ['automation'], message: 'goes with termsVersion, termsDate and automationDecidedBy: all of them, or none' });
    const daysToExpiry = type.passwordExpiresDays === undefined ? Infinity : type.passwordExpiresDays - (type.expiryHeadStartDays ?? HEAD_START_DAYS);
    if (type.rotationSpreadDays >= daysToExpiry)
      context.addIssue({
        code: 'custom',
        path: ['rotationSpreadDays'],
        message: `must be less than passwordExpiresDays less expiryHeadStartDays (${daysToExpiry}), or logins are due again as soon as they are done`,
      });
  });

/**
 * Reads a portal type as JSON, and proves what would else show in the middle of a rotation: the recipe can be read, and passwords can be
 * made from the rules. Fails with `input_invalid` (one line per problem; for rules the reason and the place) or `recipe_invalid`.
 */
export async function readPortalTypeFile(path: string): Promise<NewPortalType> {
  const said = checked(path, json(path, await read(path)));
  return portalTypeOf(said, await read(resolve(dirname(path), said.recipe), `recipe: ${said.recipe}`));
}

/**
 * The same of what was once read from such a file and kept as `NewPortalType`: whoever keeps it may have changed it, so nothing of it is believed. Fails as `readPortalTypeFile`.
 */
export function portalTypeFromDocument(document: Readonly<Record<string, unknown>>): NewPortalType {
  const { recipe, driver: _driver, hosts, privateHosts, loopbackHosts, hostNames = {}, termsDate, ...rest } = document;
  const at = (host: unknown): DeclaredHost => {
    const lies = (list: unknown): boolean => Array.isArray(list) && list.includes(host);
    const address = lies(privateHosts) ? 'private' : lies(loopbackHosts) ? 'loopback' : 'public';
    const name = new Map(Object.entries(hostNames ?? {}) as [string, string][]).get(String(host));
    if (name !== undefined) return { host: String(host), address, name };
    return address === 'public' ? String(host) : { host: String(host), address };
  };
  const file = {
    ...rest,
    hosts: Array.isArray(hosts) ? hosts.map(at) : hosts,
    recipe: 'as it was proposed',
    ...(termsDate === undefined ? {} : { termsDate: typeof termsDate === 'string' ? termsDate.slice(0, 10) : termsDate }),
  };
  return portalTypeOf(checked('What was proposed', file), JSON.stringify(recipe));
}

function checked(path: string, value: unknown): z.infer<typeof schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path: at, message }) => `  ${at.join('.') || '(the whole)'}: ${message}`);
  throw new RcmError('input_invalid', `${path} is no portal type:\n${lines.join('\n')}\nNothing was changed.`);
}

function portalTypeOf(said: z.infer<typeof schema>, recipe: string): NewPortalType {
  const { recipe: _path, hosts, lockoutWindowSeconds = null, settleMs = PROPAGATION_DELAY_MS, propagationDelayMs = settleMs, ...rest } = said;
  named('passwordRules', () => usablePasswordRules(rest.passwordRules));
  return {
    ...rest,
    ...hostsOf(hosts),
    lockoutWindowSeconds,
    propagationDelayMs,
    driver: 'recipe',
    recipe: parseRecipe(recipe),
  };
}

const lowerCaseHost = (declared: DeclaredHost): string => hostOf(declared).toLowerCase();

/** As the row has them. Every list is written, so that a host that is no longer said to be private is not so any more. */
function hostsOf(declared: readonly DeclaredHost[]): Pick<NewPortalType, 'hosts' | 'privateHosts' | 'loopbackHosts' | 'hostNames'> {
  const at = (address: 'private' | 'loopback') => declared.filter((one) => typeof one !== 'string' && one.address === address).map(lowerCaseHost);
  const named = declared.flatMap((one) => (typeof one === 'string' || one.name === undefined ? [] : [[lowerCaseHost(one), one.name] as const]));
  return { hosts: declared.map(lowerCaseHost), privateHosts: at('private'), loopbackHosts: at('loopback'), hostNames: Object.fromEntries(named) };
}

/** An error of what stands under a name says so. */
function named<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (isRcmError(error)) throw new RcmError(error.code, `${name}: ${error.message}`, { cause: error, details: error.details });
    throw error;
  }
}

async function read(path: string, shown = path): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RcmError('input_invalid', `${shown} cannot be read. Nothing was changed.`, { cause });
  });
}

function json(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RcmError('input_invalid', `${path} is not JSON. Nothing was changed.`, { cause });
  }
}
