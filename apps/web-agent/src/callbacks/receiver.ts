import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { addressSort, type HostAddress, hostAddresses } from '@rcm/portal-drivers';
import { idSchema, Secret } from '@rcm/telemetry';
import { z } from 'zod';

/** Where the end of an organization's tasks is told, as the deployment says. */
export interface Receiver {
  /** https. May hold a token, so it is not shown. */
  readonly url: Secret<URL>;
  /** Shared with the receiver, the current one first: two while it is changed, and each signs, so that a receiver may have either. */
  readonly keys: readonly Secret<Uint8Array>[];
  /** Where its host lies. One that is found anywhere else is not connected to. */
  readonly address: HostAddress;
  /** Certificate (PEM) of the CA that has signed its own. Default: those that Node knows. */
  readonly ca: string | undefined;
}

/** The receivers of all organizations: what a task names is looked up here and nowhere else, so that nothing which somebody sent can say where something goes. */
export class Receivers {
  readonly #byOrganization: ReadonlyMap<string, ReadonlyMap<string, Receiver>>;

  constructor(byOrganization: ReadonlyMap<string, ReadonlyMap<string, Receiver>> = new Map()) {
    this.#byOrganization = byOrganization;
  }

  get isEmpty(): boolean {
    return this.#byOrganization.size === 0;
  }

  /** `null`: the organization has none by that name, whoever else has. */
  of(orgId: string, name: string): Receiver | null {
    return this.#byOrganization.get(orgId)?.get(name) ?? null;
  }
}

/** As Standard Webhooks writes a symmetric key: 24 to 64 bytes. */
const KEY = /^whsec_([A-Za-z0-9+/]{32,86}={0,2})$/;

const keySchema = z
  .string('must be text')
  .regex(KEY, 'must be whsec_ and the base64 of 24 to 64 bytes')
  .transform((text) => new Secret<Uint8Array>(Buffer.from(KEY.exec(text)?.[1] ?? '', 'base64')));

const certificateSchema = z.string('must be text').refine(isCertificate, 'must be a certificate (PEM)');

const receiverSchema = z
  .strictObject(
    {
      url: z.string('must be text').refine(isPlainHttps, 'must be https, without a user or a password in it'),
      keys: z.array(keySchema, 'must be a list of keys').min(1, 'must have a key').max(2, 'may have two keys, while one is changed for the other'),
      address: z.enum(hostAddresses, `must be of ${hostAddresses.join(', ')}`).default('public'),
      ca: certificateSchema.optional(),
    },
    'must be an object of url, keys, address and ca alone',
  )
  // A name is looked at when it is connected to, each time: what it leads to may change.
  .refine(({ url, address }) => isName(url) || addressSort(hostOf(url)).kind === address, {
    path: ['url'],
    error: 'names an address that does not lie where `address` says (public, unless it is set)',
  })
  .transform(({ url, keys, address, ca }): Receiver => ({ url: new Secret(new URL(url)), keys, address, ca }));

const receiversSchema = z.record(
  idSchema,
  z.record(idSchema, receiverSchema, 'must be an object of callbacks by their names'),
  'must be an object of organizations',
);

/** Reads `{"ORGANIZATION": {"NAME": {"url", "keys", "address", "ca"}}}`. Reports what is wrong by its place, and repeats no value: it holds secrets. */
export function readReceivers(text: string, context: z.core.$RefinementCtx): Receivers {
  const parsed = receiversSchema.safeParse(jsonOf(text));
  if (parsed.success) return new Receivers(new Map(Object.entries(parsed.data).map(([orgId, named]) => [orgId, new Map(Object.entries(named))])));
  for (const { path, message, code } of parsed.error.issues)
    context.addIssue({ code: 'custom', message: `${path.length === 0 ? 'the file' : path.join(' → ')}: ${code === 'invalid_key' ? 'is no id' : message}` });
  return z.NEVER;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says quotes the text.
    return undefined;
  }
}

function isPlainHttps(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === 'https:' && url.username === '' && url.password === '';
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}

/** Without the brackets of an IPv6 address. */
const hostOf = (text: string): string => (URL.canParse(text) ? new URL(text).hostname.replace(/^\[|\]$/g, '') : '');

const isName = (text: string): boolean => isIP(hostOf(text)) === 0;
