import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';

const PORTALS = join(import.meta.dirname, '..', 'portals');

const accountSchema = z.strictObject({
  username: z.string().min(1),
  password: z.string().min(1),
  /** Base32 seed of the account's one-time codes. */
  mfaSeed: z.string().optional(),
  /** For the application's own seed script: what is special about the account. */
  state: z.string().optional(),
});

const account = z.string().min(1);
const word = z.string().regex(/^[a-z_]+$/);

const loginSchema = z.strictObject({
  account,
  /** Typed instead of the account's own. */
  password: z.string().optional(),
  /** Default: the right code. `none`: the login has no seed. */
  code: z.enum(['none', 'wrong']).optional(),
  /** A kind of LoginOutcome. */
  ends: word,
});

const taskSchema = z.strictObject({
  account,
  task: z.string(),
  input: z.record(z.string(), z.string()),
  /** How many rows come back, over all pages; 0 stands for "nothing found". */
  rows: z.int().min(0),
  /** What the first row that has it holds, column by column. */
  holds: z.record(z.string(), z.unknown()).optional(),
});

const descriptionSchema = z.strictObject({
  /** Path that answers with status 200 once the application serves. */
  ready: z.string().startsWith('/'),
  /** Names of the hosts beside the portal's own, as the recipe calls them: each is a port more of this machine. Default: none. */
  hosts: z.array(z.string().regex(/^[a-z]+$/)).default([]),
  /** What the application demands of a password, as `parsePasswordRules` reads it. */
  passwordRules: z.string(),
  accounts: z.record(z.string(), accountSchema),
  logins: z.array(loginSchema),
  tasks: z.array(taskSchema),
  /** New passwords that the application refuses; `newPassword: "the same"` stands for the current one. */
  refusals: z.array(z.strictObject({ account, newPassword: z.string(), rule: word })),
  /** Accounts whose password is changed, after whatever login they have. */
  rotations: z.array(account),
  /**
   * Why the application itself may cut off its answer to a change that it makes, so that the change ends as unknown and a login tells.
   * Default: it always answers.
   */
  mayNotAnswer: z.string().min(1).optional(),
});

export type Account = z.infer<typeof accountSchema>;
export type PortalDescription = z.infer<typeof descriptionSchema>;

/** A web application as a folder: `portal.json`, `recipe.yaml`, `setup.sh`, `start.sh`. */
export interface PortalFolder {
  /** The folder's name. */
  readonly name: string;
  readonly path: string;
  readonly description: PortalDescription;
  /** Text of its recipe. */
  readonly recipe: string;
}

/** Names of the applications that have a folder. */
export const portalNames = (): readonly string[] => readdirSync(PORTALS).sort();

/** Reads an application's folder. Fails with `input_invalid` where there is none of that name or its `portal.json` is not usable. */
export function readPortalFolder(name: string): PortalFolder {
  if (!portalNames().includes(name)) throw new RcmError('input_invalid', `There is no real portal "${name}": ${portalNames().join(', ')}.`);
  const path = join(PORTALS, name);
  const parsed = descriptionSchema.safeParse(JSON.parse(readFileSync(join(path, 'portal.json'), 'utf8')));
  if (!parsed.success) throw new RcmError('input_invalid', `${name}/portal.json is not usable: ${z.prettifyError(parsed.error)}`);
  return { name, path, description: parsed.data, recipe: readFileSync(join(path, 'recipe.yaml'), 'utf8') };
}
