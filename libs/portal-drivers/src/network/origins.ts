import { addressProblem, RcmError } from '@rcm/telemetry';
import { addressOf, type DeclaredHost, hostOf, hostProblem, readHost } from './declared-host.ts';
import type { Destination } from './session-addresses.ts';

/** Where a session may send anything at all. */
export interface Origins {
  readonly base: URL;
  /** Every origin that may be reached. */
  readonly all: readonly string[];
  /** Whether a URL of a request, socket or navigation is on a declared host, no less protected than the base URL. */
  allows(url: string): boolean;
  /** Whether what was typed may be sent to a URL that is allowed. */
  receives(url: string): boolean;
  /** The declared host behind a URL of a request; `null` where it is none. */
  behind(url: string): Destination | null;
  /** The declared host behind a host and port as a proxy sees them, `null` where it may not be reached; `tunnel` says whether the connection is one. */
  destination(host: string, tunnel: boolean): Destination | null;
}

export interface OriginsOptions {
  readonly baseUrl: string;
  /** What the portal type declares: `host` or `host:port`, and where each lies. */
  readonly hosts: readonly DeclaredHost[];
  /** Of these, the ones that may receive what was typed. Default: all. */
  readonly receiving?: readonly string[] | undefined;
  /** Code of the portal type, for words. */
  readonly portalType?: string | undefined;
  /** Whether the deployment lets portals on other machines be reached by plain http. Default false. */
  readonly plaintextAllowed?: boolean | undefined;
}

const SOCKET_SCHEMES: Readonly<Record<string, string>> = { 'ws:': 'http:', 'wss:': 'https:' };
/** Schemes that reach no network. */
const LOCAL_SCHEMES = ['about:', 'data:', 'blob:'];

/**
 * The origins that a portal type declares by its `hosts`, under the scheme of the base URL or better; under plain http only those on this machine, unless
 * the deployment allows more. Fails with `input_invalid` where the base URL is not http(s), not on a declared host, or plain http to another machine, or
 * where a host is none; with `address_refused` where a host is an address at another place than declared.
 */
export function declaredOrigins(options: OriginsOptions): Origins {
  const base = checkedBase(options);
  const schemes = base.protocol === 'https:' ? ['https:'] : ['http:', 'https:'];
  const allowed = destinationsByOrigin(options, schemes);
  if (!allowed.has(base.origin)) throw new RcmError('input_invalid', `The base URL is on ${base.host}, which its portal type does not declare.`);
  /** `local`: a URL that reaches no network; `null`: one that may not be reached. */
  const found = (url: string): Destination | 'local' | null => {
    const parsed = readUrl(url);
    if (!parsed) return null;
    if (LOCAL_SCHEMES.includes(parsed.protocol)) return 'local';
    const scheme = SOCKET_SCHEMES[parsed.protocol] ?? parsed.protocol;
    return allowed.get(originOf(`${scheme}//${parsed.host}`) ?? '') ?? null;
  };
  return {
    base,
    all: [...allowed.keys()],
    allows: (url) => found(url) !== null,
    receives(url) {
      const one = found(url);
      return one === 'local' || (one?.receives ?? false);
    },
    behind(url) {
      const one = found(url);
      return one === 'local' ? null : one;
    },
    // A tunnel may also carry an unencrypted socket (ws:), so the scheme it stands for cannot be told from it.
    destination(host, tunnel) {
      for (const scheme of tunnel ? schemes : ['http:']) {
        const destination = allowed.get(originOf(`${scheme}//${host}`) ?? '');
        if (destination) return destination;
      }
      return null;
    },
  };
}

/** A password is typed there: whoever is on the way could read it. `null`: nobody could, or the deployment allows it. */
const plaintextProblem = (address: string, { plaintextAllowed }: OriginsOptions): string | null =>
  addressProblem(address, 'portals', plaintextAllowed ? ['portals'] : []);

function checkedBase(options: OriginsOptions): URL {
  const base = readUrl(options.baseUrl);
  if (!base || !/^https?:$/.test(base.protocol)) throw new RcmError('input_invalid', 'The base URL of a portal must be an http or https address.');
  if (base.username || base.password) throw new RcmError('input_invalid', 'The base URL of a portal must not hold credentials.');
  const problem = plaintextProblem(base.href, options);
  if (problem !== null) throw new RcmError('input_invalid', `The base URL of a portal ${problem}. Nothing was sent to ${base.host}.`);
  return base;
}

function destinationsByOrigin(options: OriginsOptions, schemes: readonly string[]): ReadonlyMap<string, Destination> {
  const allowed = new Map<string, Destination>();
  for (const declared of options.hosts) {
    const destination = { ...destinationOf(declared, options.portalType), receives: options.receiving?.includes(hostOf(declared)) ?? true };
    for (const scheme of schemes) {
      const origin = originOf(`${scheme}//${hostOf(declared)}`);
      if (origin !== null && plaintextProblem(origin, options) === null) allowed.set(origin, destination);
    }
  }
  return allowed;
}

function destinationOf(declared: DeclaredHost, portalType: string | undefined): Omit<Destination, 'receives'> {
  const read = readHost(hostOf(declared));
  const problem = hostProblem(declared, { spelling: 'any', portalType });
  if (!read || problem !== null) throw new RcmError(read ? 'address_refused' : 'input_invalid', `${problem} Nothing was sent there.`);
  return { host: read.canonical, name: read.name, address: addressOf(declared) };
}

function readUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function originOf(text: string): string | null {
  const url = readUrl(text);
  return url && url.pathname === '/' && !url.search && !url.hash && !url.username ? url.origin : null;
}
