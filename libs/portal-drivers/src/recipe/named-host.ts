import { z } from 'zod';
import { definedName, words } from './rules.ts';

const HOST = /^[a-z0-9.-]{1,253}(:\d{1,5})?$/;
const host = z.string().regex(HOST, 'must be a host, or host:port');

/** A host that pages need beside the portal's own, under a name that stands for it in addresses (`{idp}/login`). */
export interface NamedHost {
  /** Where it is, where the portal type does not say otherwise under the same name. */
  readonly host?: string | undefined;
  /** Whether what is typed may be sent there. Default: not; it may serve scripts and pictures. */
  readonly secrets?: true | undefined;
  readonly description?: string | undefined;
}

const namedHostSchema: z.ZodType<NamedHost> = z.strictObject({
  host: host.optional(),
  secrets: z.literal(true).optional(),
  description: words.optional(),
});

/** Version 1 lists hosts, which may all receive what is typed; version 2 names them, and says which may. */
export const hostsSchema = z.union([z.array(host).max(20), z.record(definedName, namedHostSchema)]).refine((hosts) => Object.keys(hosts).length <= 20, {
  message: 'must name at most 20 hosts',
});

export type RecipeHosts = z.infer<typeof hostsSchema>;

/** Name of a host before a path: `{idp}`. */
export const NAMED_HOST = String.raw`\{[a-z][a-z0-9_]{0,39}\}`;
const ADDRESS = /^\{([a-z][a-z0-9_]{0,39})\}(?=[/*])/;

/** The name of the host that stands before an address or a pattern; `null`: none does. */
export const hostOfAddress = (address: string): string | null => ADDRESS.exec(address)?.[1] ?? null;

/** An address without the name of its host. */
export const pathOfAddress = (address: string): string => address.replace(ADDRESS, '');

/** Hosts by the recipe's names; none where it lists them without. */
export const namedHosts = (hosts: RecipeHosts | undefined): Readonly<Record<string, NamedHost>> => (hosts === undefined || Array.isArray(hosts) ? {} : hosts);

/** Hosts that the recipe itself says. */
export const saidHosts = (hosts: RecipeHosts | undefined): readonly string[] =>
  Array.isArray(hosts) ? hosts : Object.values(hosts ?? {}).flatMap(({ host: said }) => said ?? []);
