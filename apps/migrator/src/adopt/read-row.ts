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
  const sourceId = sourceIdIn(cells, refuse);
  if (sourceId !== null && !isWanted(cells, mapping)) return { is: 'not_wanted', sourceId };
  const organizations = organizationsIn(cells, mapping, refuse);
  const url = urlIn(cells, refuse);
  const endpointId = sourceId === null ? '' : slugOf(mapping.endpoint.prefix, sourceId);
  const accountId = mapping.endpoint.account === undefined ? endpointId : accountIn(cells, refuse);
  const { config, unfit, hasLogin } = contentOf(cells, mapping);
  for (const { role, why } of unfit) refuse(why, role as Role);
  if (sourceId === null || organizations === null || url === null || accountId === null || refusals.length > 0)
    return { is: 'refused', row: { number, sourceId, refusals } };
  const sourceChanged = changedIn(cells);
  return { is: 'row', row: { number, sourceId, sourceChanged, endpointId, ...organizations, url, accountId, config: new Secret(config), hasLogin } };
}

/** `null`: it has been told of, with why. */
type Refuse = (code: Refusal, role: Role) => null;

function sourceIdIn(cells: Cells, refuse: Refuse): string | null {
  const text = cells.get('endpoint.id') ?? '';
  if (text === '') return refuse('id_missing', 'endpoint.id');
  return isSourceId(text) ? text : refuse('id_unusable', 'endpoint.id');
}

const urlIn = (cells: Cells, refuse: Refuse): URL | null => baseUrlOf(cells.get('endpoint.base_url') ?? '') ?? refuse('base_url', 'endpoint.base_url');

const changedIn = (cells: Cells): string | null => cells.get('endpoint.changed')?.slice(0, 200) ?? null;

function organizationsIn(cells: Cells, mapping: Mapping, refuse: Refuse): Pick<ReadRow, 'organization' | 'above'> | null {
  const firm = organizationIn(cells, mapping, 'firm', refuse);
  const hospital = 'is' in mapping.hospital ? mapping.hospital : organizationIn(cells, mapping, 'hospital', refuse);
  if (firm === 'unusable' || hospital === 'unusable') return null;
  if (hospital !== null) return { organization: hospital, above: firm };
  return firm === null ? refuse('organization_missing', 'hospital.id') : { organization: firm, above: null };
}

/** `null` where the row names none, `unusable` where it has been told of. */
function organizationIn(cells: Cells, mapping: Mapping, kind: 'firm' | 'hospital', refuse: Refuse): NamedOrganization | 'unusable' | null {
  const said = mapping[kind];
  if (!said || !('id' in said)) return null;
  const sourceId = cells.get(`${kind}.id`) ?? '';
  if (sourceId === '') return null;
  if (!isSourceId(sourceId)) {
    refuse('organization_unusable', `${kind}.id`);
    return 'unusable';
  }
  const pinned = said.ids && Object.hasOwn(said.ids, sourceId) ? said.ids[sourceId] : undefined;
  // A name is for people: what they cannot see in it is no part of it.
  const shown = cells.get(`${kind}.name`)?.toWellFormed().replaceAll('\0', '').trim();
  return { kind, sourceId, orgId: pinned ?? slugOf(said.prefix, sourceId), said: pinned !== undefined, name: shown || null };
}

function accountIn(cells: Cells, refuse: Refuse): string | null {
  const text = cells.get('endpoint.account') ?? '';
  if (text.trim() === '') return refuse('account_missing', 'endpoint.account');
  return isSourceId(text) ? slugOf('', text) : refuse('id_unusable', 'endpoint.account');
}

const isWanted = (cells: Cells, { only = {} }: Mapping): boolean =>
  Object.entries(only).every(([column, values]) => values.includes(cells.get(`only.${column}`) ?? ''));
