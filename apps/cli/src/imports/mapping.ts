import { isId, RcmError } from '@rcm/telemetry';
import { z } from 'zod';

const id = z.string().refine(isId, 'must be an id: small letters, digits and dashes, 63 at most');
const portal = z.strictObject({
  /** A host, or `*.` and a domain: it and all below. */
  address: z.string().regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a host such as portal.example, or *.portal.example'),
  portal_type: id,
  base_url: z.url().optional(),
  /** What the last part of its path in the store is made of; default: the title. */
  account: z.union([z.literal('title'), z.literal('number'), z.strictObject({ field: z.string().min(1) })]).default('title'),
  /** By the name that a recipe types it by: how the export calls it. */
  custom_fields: z.record(z.string().min(1), z.string().min(1)).default({}),
});
/** Of secrets in Secrets Manager: what their JSON calls a login's fields, and where those are that name no address, by how their names begin. */
const secrets = z.strictObject({
  username: z.string().min(1).default('username'),
  password: z.string().min(1).default('password'),
  address: z.string().min(1).default('url'),
  one_time_codes: z.string().min(1).default('totp'),
  addresses: z.record(z.string().min(1), z.string().min(1)).default({}),
});
const schema = z.strictObject({
  portals: z.array(portal).min(1),
  /** By folder, collection, vault or group; `*`: of all others. */
  organizations: z.record(z.string().min(1), id),
  secrets: secrets.prefault({}),
});

export type Mapping = z.infer<typeof schema>;
export type SecretsRule = Mapping['secrets'];
export type PortalRule = Mapping['portals'][number];

/** What an import is to be made of (docs/imports.md). Fails with `input_invalid`, a line for each problem. */
export function readMapping(text: string): Mapping {
  let json: unknown;
  try {
    // PowerShell and Windows editors write a byte order mark.
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new RcmError('input_invalid', 'The mapping is no JSON (docs/imports.md). Nothing was done.');
  }
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'mapping'}: ${message}`);
  throw new RcmError('input_invalid', `The mapping cannot be used (docs/imports.md). Nothing was done.\n${problems.join('\n')}`);
}

/** The first rule that has one of these addresses; `null`: none has. */
export function ruleFor({ portals }: Mapping, addresses: readonly string[]): PortalRule | null {
  const hosts = addresses.flatMap((address) => hostOf(address) ?? []);
  return (
    portals.find(({ address }) =>
      hosts.some((host) => (address.startsWith('*.') ? host === address.slice(2) || host.endsWith(address.slice(1)) : host === address)),
    ) ?? null
  );
}

/** People write addresses with and without https. */
function hostOf(address: string): string | null {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`;
  return URL.canParse(whole) ? new URL(whole).hostname.toLowerCase() : null;
}

/** The organization of a folder, or of the nearest one above it; `null`: the mapping has none for it. */
export function organizationFor({ organizations }: Mapping, folder: string): string | null {
  const parts = folder.split('/');
  for (let length = parts.length; length > 0; length -= 1) {
    const name = parts.slice(0, length).join('/');
    if (Object.hasOwn(organizations, name)) return organizations[name] ?? null;
  }
  return organizations['*'] ?? null;
}
