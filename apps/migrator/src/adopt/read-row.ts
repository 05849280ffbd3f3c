import { Secret } from '@rcm/telemetry';
import { contentOf } from './content.ts';
import type { Refusal } from './findings.ts';
import type { Mapping, Role } from './mapping.ts';
import { baseUrlOf } from './portal-types.ts';
import type { Cells, SourceRow } from './rows.ts';
import { isSourceId, slugOf } from './slug.ts';

export interface NamedOrganization {
  readonly kind: 'firm' | 'hospital';
  /** What the source calls it. */
  readonly sourceId: string;
  readonly orgId: string;
  /** The mapping says which one it is. */
  readonly said: boolean;
  readonly name: string | null;
}

/** A row as the mapping reads it; nothing of it has been looked up. */
export interface ReadRow {
  readonly number: number;
  readonly sourceId: string;
  readonly sourceChanged: string | null;
  readonly endpointId: string;
  /** The one that its endpoint belongs to, and the one above that. */
  readonly organization: NamedOrganization | { readonly is: string };
  readonly above: NamedOrganization | null;
  readonly url: URL;
  readonly accountId: string;
  /** JSON text of what its `config` is to be. */
  readonly config: Secret<string>;
  readonly hasLogin: boolean;
}

interface UnreadRow {
  readonly number: number;
  readonly sourceId: string | null;
  readonly refusals: readonly { readonly code: Refusal; readonly role: Role | null }[];
  /** Of the address, where that is all that is not known. */
  readonly origin?: string;
}

export type RowRead =
  | { readonly is: 'row'; readonly row: ReadRow }
  | { readonly is: 'refused'; readonly row: UnreadRow }
  | { readonly is: 'not_wanted'; readonly sourceId: string };

/** Reads a row's cells by the mapping: every reason against it at once, by what the cell is for and never with a value. */
export function readRow({ number, cells: secret }: SourceRow, mapping: Mapping): RowRead {
  const cells = secret.reveal();
  const refusals: { code: Refusal; role: Role | null }[] = [];
  const refuse = (code: Refusal, role: Role): null => {
    refusals.push({ code, role });
    return null;
  };
  const sourceId = idIn(cells, 'endpoint.id', () => refuse('id_unusable', 'endpoint.id'));
  if (sourceId === null && refusals.length === 0) refuse('id_missing', 'endpoint.id');
  if (sourceId !== null && !isWanted(cells, mapping)) return { is: 'not_wanted', sourceId };
  const above = organizationIn(cells, mapping, 'firm', refuse);
  const hospital = 'is' in mapping.hospital ? mapping.hospital : organizationIn(cells, mapping, 'hospital', refuse);
  const organization = hospital ?? above;
  if (organization === null && !refusals.some(({ code }) => code === 'organization_unusable')) refuse('organization_missing', 'hospital.id');
  const url = baseUrlOf(cells.get('endpoint.base_url') ?? '') ?? refuse('base_url', 'endpoint.base_url');
  const endpointId = sourceId === null ? '' : slugOf(mapping.endpoint.prefix, sourceId);
  const account = mapping.endpoint.account === undefined ? endpointId : accountIn(cells, refuse);
  const { config, unfit, hasLogin } = contentOf(cells, mapping);
  for (const { role, why } of unfit) refuse(why, role as Role);
  if (sourceId === null || organization === null || url === null || account === null || refusals.length > 0)
    return { is: 'refused', row: { number, sourceId, refusals } };
  return {
    is: 'row',
    row: {
      ...{ number, sourceId, endpointId, organization, url, hasLogin, accountId: account },
      above: organization === above ? null : above,
      sourceChanged: cells.get('endpoint.changed')?.slice(0, 200) ?? null,
      config: new Secret(config),
    },
  };
}

type Refuse = (code: Refusal, role: Role) => null;

/** `null` where the cell is empty, or `unusable` has been told of it. */
function idIn(cells: Cells, role: Role, unusable: () => null): string | null {
  const text = cells.get(role) ?? null;
  if (text === null || text === '') return null;
  return isSourceId(text) ? text : unusable();
}

function organizationIn(cells: Cells, mapping: Mapping, kind: 'firm' | 'hospital', refuse: Refuse): NamedOrganization | null {
  const said = mapping[kind];
  if (!said || !('id' in said)) return null;
  const sourceId = idIn(cells, `${kind}.id`, () => refuse('organization_unusable', `${kind}.id`));
  if (sourceId === null) return null;
  const pinned = said.ids && Object.hasOwn(said.ids, sourceId) ? said.ids[sourceId] : undefined;
  const name = cells.get(`${kind}.name`) ?? null;
  // A name is for people: what they cannot see in it is no part of it.
  const shown = name?.toWellFormed().replaceAll('\0', '').trim() || null;
  return { kind, sourceId, orgId: pinned ?? slugOf(said.prefix, sourceId), said: pinned !== undefined, name: shown };
}

function accountIn(cells: Cells, refuse: Refuse): string | null {
  const text = cells.get('endpoint.account') ?? null;
  if (text === null || text.trim() === '') return refuse('account_missing', 'endpoint.account');
  return isSourceId(text) ? slugOf('', text) : refuse('id_unusable', 'endpoint.account');
}

const isWanted = (cells: Cells, { only = {} }: Mapping): boolean =>
  Object.entries(only).every(([column, values]) => values.includes(cells.get(`only.${column}`) ?? ''));
