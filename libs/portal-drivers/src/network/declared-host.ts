import { isIP } from 'node:net';
import { addressSort, type HostAddress } from './address.ts';

/** A host of a portal type: `host` or `host:port`, and where it lies. A text alone is a host at public addresses. `name`: what recipes call it. */
export type DeclaredHost = string | { readonly host: string; readonly address: HostAddress; readonly name?: string | undefined };

/** A host as browsers read it (WHATWG URL): `2130706433`, `0x7f.1` and `127.1` are all 127.0.0.1. */
export interface HostName {
  /** Without brackets, for a resolver or a socket. */
  readonly name: string;
  /** In canonical spelling, with the port if one was given. */
  readonly canonical: string;
}

export const hostOf = (declared: DeclaredHost): string => (typeof declared === 'string' ? declared : declared.host);
export const nameOf = (declared: DeclaredHost): string | null => (typeof declared === 'string' ? null : (declared.name ?? null));
export const addressOf = (declared: DeclaredHost): HostAddress => (typeof declared === 'string' ? 'public' : declared.address);

/** The declared hosts of a portal type's row, where each host at another place than a public address stands in a list of its own, and names stand by host. */
export function declaredHosts(type: {
  readonly hosts: readonly string[];
  readonly privateHosts: readonly string[];
  readonly loopbackHosts: readonly string[];
  readonly hostNames: Readonly<Record<string, string>>;
}): DeclaredHost[] {
  const placeOf = (host: string): HostAddress => (type.loopbackHosts.includes(host) ? 'loopback' : type.privateHosts.includes(host) ? 'private' : 'public');
  const nameFor = (host: string) => (Object.hasOwn(type.hostNames, host) ? { name: type.hostNames[host] } : {});
  return type.hosts.map((host) => ({ host, address: placeOf(host), ...nameFor(host) }));
}

/** Reads `host` or `host:port`; `null` where it is none: user info, a path, a port out of range. */
export function readHost(text: string): HostName | null {
  const url = urlAt(text);
  if (!url) return null;
  const port = /:(\d+)$/.exec(text)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return null;
  return { name: bare(url.hostname), canonical: url.hostname + (port === undefined ? '' : `:${Number(port)}`) };
}

/** The root of what stands there; `null` where the text says more than where it is. */
function urlAt(text: string): URL | null {
  const address = `http://${text}`;
  if (!URL.canParse(address) || /[/?#@\\\s]/.test(text)) return null;
  const url = new URL(address);
  const more = [url.search, url.hash, url.username, url.password];
  return url.pathname === '/' && more.every((part) => part === '') ? url : null;
}

/**
 * What is wrong with a host as a portal type wants to declare it, in words that say what would be right; `null`: nothing. An address
 * is held against the same rule as those that a name resolves to. `spelling: 'exact'` also wants the one spelling that
 * `base_url` is compared with, so that none stands in a row that looks like another host than it is.
 */
export function hostProblem(declared: DeclaredHost, options: { readonly spelling: 'exact' | 'any'; readonly portalType?: string | undefined }): string | null {
  const text = hostOf(declared).toLowerCase();
  const read = readHost(text);
  if (!read) return `${JSON.stringify(text)} is no host: write host or host:port, without scheme, path or user name.`;
  if (options.spelling === 'exact') {
    if (text !== read.canonical) return `${JSON.stringify(text)} is ${read.canonical} to a browser: write it so.`;
    if (isIP(read.name) === 0 && !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(read.name)) return `${JSON.stringify(text)} is no name of a host.`;
  }
  const sort = isIP(read.name) === 0 ? sortOfName(read.name) : addressSort(read.name);
  return sort === null ? null : addressProblem({ host: read.canonical, shown: null, sort, declared: addressOf(declared), portalType: options.portalType });
}

/**
 * Why an address is refused for a host that is declared to lie at `declared`, and what would allow it; `null`: it is not refused. A host
 * that is declared private or loopback must really be there, too: a name that answers with another address has been turned.
 */
export function addressProblem(found: {
  readonly host: string;
  /** The address that the host resolved to; `null` where the host is the address. */
  readonly shown: string | null;
  readonly sort: { readonly kind: HostAddress | 'never'; readonly words: string };
  readonly declared: HostAddress;
  /** Code of the portal type, where it is known. */
  readonly portalType?: string | undefined;
}): string | null {
  const { host, shown, sort, declared, portalType } = found;
  if (sort.kind === declared) return null;
  const is = shown === null ? `${host} is ${sort.words}` : `${host} resolves to ${shown}, ${sort.words}`;
  if (sort.kind === 'never') return `${is}: no portal type can allow it.`;
  const type = portalType === undefined ? 'its portal type' : `portal type ${portalType}`;
  const entry = sort.kind === 'public' ? JSON.stringify(host) : JSON.stringify({ host, address: sort.kind });
  const byHand = portalType === undefined ? ` (try and doctor: --address ${sort.kind})` : '';
  return `${is}, and ${type} declares the host as ${declared}: only if the portal really is there, write ${entry} among its hosts${byHand}.`;
}

/** Names that mean this machine whatever a resolver says (RFC 6761). */
const sortOfName = (name: string) => (/(^|\.)localhost\.?$/.test(name) ? addressSort('127.0.0.1') : null);

/** IPv6 addresses stand in brackets in a URL, not in a socket's options. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
