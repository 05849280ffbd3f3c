import { readFileSync } from 'node:fs';
import { LOGIN_FIELDS, parsePath } from '@rcm/credentials/legacy';
import type { SourceColumn, SourceTable } from '@rcm/db/migration';
import { idSchema, nearestIssues, RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import { baseUrlOf } from './portal-types.ts';

const column = z.string().min(1).max(200);
const table = z.string().min(1).max(200);
const prefix = z
  .string()
  .regex(/^([a-z0-9][a-z0-9-]{0,30})?$/, 'must be small letters, digits and dashes, 31 at most')
  .default('');
const path = z.string().refine((text) => parsePath(text)?.every((step) => step !== '*' && step !== '[]') ?? false, 'must be a path such as portal.login');
/** Its key, and its name, are columns of `table`, where that is given; else of the row. */
const organization = z.strictObject({
  id: column,
  name: column.optional(),
  prefix,
  table: table.optional(),
  key: column.optional(),
  ids: z.record(z.string(), idSchema).optional(),
});

/** What `--mapping FILE` holds: what a company's own table calls things. JSON. Every member is explained in docs/adopt.md. */
const schema = z
  .strictObject({
    source: idSchema,
    table: table.optional(),
    only: z.record(column, z.array(z.string()).min(1)).optional(),
    hospital: z.union([organization, z.strictObject({ is: idSchema })]),
    firm: organization.optional(),
    endpoint: z.strictObject({ id: column, prefix, account: column.optional(), base_url: column, changed: column.optional() }),
    credentials: z.union([
      z.strictObject({ column, path: path.optional() }),
      z.strictObject({
        columns: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,40}$/), column).refine(namesLogin, `must name at least one of ${LOGIN_FIELDS.join(', ')}`),
      }),
    ]),
    config: z.record(z.string().regex(/^[A-Za-z][\w-]{0,40}$/), column).optional(),
    portal_types: z
      .record(
        z.string().refine((text) => baseUrlOf(text) !== null, 'must be an http(s) address'),
        idSchema,
      )
      .default({}),
  })
  .superRefine((mapping, problems) => {
    const say = (where: string, message: string): void => void problems.addIssue({ code: 'custom', path: [where], message });
    for (const kind of ['hospital', 'firm'] as const) {
      const said = mapping[kind];
      if (said && 'id' in said && (said.table === undefined) !== (said.key === undefined)) say(kind, 'table and key go together');
    }
    if ('is' in mapping.hospital && mapping.firm) say('firm', 'an organization that is there has its firm already');
    if (mapping.config && 'credentials' in mapping.config) say('config', 'credentials is the name of the login');
  });

export type Mapping = z.infer<typeof schema>;

function namesLogin(columns: Readonly<Record<string, string>>): boolean {
  return LOGIN_FIELDS.some((field) => Object.hasOwn(columns, field));
}

/** Fails with `input_invalid`: the file cannot be read, or says something that is not known. */
export function readMapping(file: string): Mapping {
  const parsed = schema.safeParse(parse(file));
  if (parsed.success) return parsed.data;
  const problems = nearestIssues(parsed.error.issues).map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw new RcmError('input_invalid', `--mapping ${file} cannot be used: ${problems.join('; ')}. Nothing was changed.`);
}

function parse(file: string): unknown {
  try {
    // Without the byte order mark of PowerShell and Windows editors; what is no UTF-8 would name other columns and organizations.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : error instanceof TypeError ? 'it is not UTF-8' : 'it cannot be opened';
    throw new RcmError('input_invalid', `--mapping ${file} cannot be used: ${why}. Nothing was changed.`);
  }
}

/** What a cell is for. */
export type Role =
  | 'endpoint.id'
  | 'endpoint.account'
  | 'endpoint.base_url'
  | 'endpoint.changed'
  | 'hospital.id'
  | 'hospital.name'
  | 'firm.id'
  | 'firm.name'
  | 'credentials'
  | `credentials.${string}`
  | `config.${string}`
  | `only.${string}`;

/** Each cell that is read, by what it is for. */
export function rolesOf(mapping: Mapping): ReadonlyMap<Role, SourceColumn> {
  const { endpoint, credentials, config = {}, only = {} } = mapping;
  const roles = new Map<Role, SourceColumn>();
  const row = (role: Role, name: string | undefined) => void (name === undefined || roles.set(role, { in: 'row', column: name }));
  for (const [name, what] of Object.entries(endpoint)) if (name !== 'prefix') row(`endpoint.${name}` as Role, what);
  for (const [role, column] of organizationRoles(mapping)) roles.set(role, column);
  if ('column' in credentials) row('credentials', credentials.column);
  else for (const [field, what] of Object.entries(credentials.columns)) row(`credentials.${field}`, what);
  for (const [name, what] of Object.entries(config)) row(`config.${name}`, what);
  for (const name of Object.keys(only)) row(`only.${name}`, name);
  return roles;
}

/** A hospital's row names its firm where hospitals have a table of their own. */
function organizationRoles({ hospital, firm }: Mapping): readonly (readonly [Role, SourceColumn])[] {
  const roles: [Role, SourceColumn][] = [];
  const beside = 'id' in hospital && hospital.table !== undefined ? 'hospital' : 'row';
  if ('id' in hospital) {
    roles.push(['hospital.id', { in: 'row', column: hospital.id }]);
    if (hospital.name !== undefined) roles.push(['hospital.name', { in: beside, column: hospital.name }]);
  }
  if (firm) {
    roles.push(['firm.id', { in: beside, column: firm.id }]);
    if (firm.name !== undefined) roles.push(['firm.name', { in: firm.table === undefined ? beside : 'firm', column: firm.name }]);
  }
  return roles;
}

/** The mapping as a question to a database. Fails with `input_invalid` where it names no table. */
export function tableOf(mapping: Mapping): SourceTable {
  const { table: name, hospital, firm } = mapping;
  if (name === undefined)
    throw new RcmError('input_invalid', 'The mapping names no table; without one the rows come from a file: --csv or --jsonl. Nothing was changed.');
  const roles = rolesOf(mapping);
  const lookups = (['hospital', 'firm'] as const).flatMap((as) => {
    const said = as === 'hospital' ? hospital : firm;
    const by = roles.get(`${as}.id`);
    return said && 'id' in said && by && said.table !== undefined && said.key !== undefined ? [{ as, table: said.table, key: said.key, by }] : [];
  });
  return { table: name, lookups, columns: [...roles.values()], id: { in: 'row', column: mapping.endpoint.id } };
}
