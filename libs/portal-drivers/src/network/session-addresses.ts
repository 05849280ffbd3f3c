import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { RcmError, withDeadline } from '@rcm/telemetry';
import { addressSort, type HostAddress } from './address.ts';
import { addressProblem } from './declared-host.ts';

export interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds every address of a name. Default everywhere: the system's resolver. */
export type LookupAddresses = (name: string) => Promise<readonly FoundAddress[]>;

/** A declared host that is about to be connected to. */
export interface Destination {
  /** As it is declared, for words. */
  readonly host: string;
  /** Name or address, without brackets. */
  readonly name: string;
  readonly address: HostAddress;
  /** Whether it may receive what was typed. */
  readonly receives: boolean;
}

/** The addresses of one browser session. */
export interface SessionAddresses {
  /**
   * The checked addresses of a destination. A name is resolved once: what came out, be it refused, holds until the session ends, so that
   * no later answer (DNS rebinding) is followed. Fails with `address_refused`, and with `portal_unavailable` where the name cannot be resolved,
   * which is not kept.
   */
  of(destination: Omit<Destination, 'receives'>): Promise<readonly FoundAddress[]>;
  /** Whether a name, without its port, could not be resolved when it was last asked for. */
  isUnknown(name: string): boolean;
}

const RESOLVE_MS = 5_000;
/** A name that cannot be resolved may be asked for again, but no page keeps the resolver busy. */
const MOST_LOOKUPS = 20;
/** Every address of an answer is checked; more than this many are not tried. */
const MOST_ADDRESSES = 8;
/** An answer larger than this is no portal's. */
const LARGEST_ANSWER = 256;

export function createSessionAddresses(options: { readonly lookup?: LookupAddresses | undefined; readonly portalType?: string | undefined }): SessionAddresses {
  const lookup = options.lookup ?? ((name) => systemLookup(name, { all: true, order: 'verbatim' }));
  const answers = new Map<string, Promise<readonly FoundAddress[]>>();
  const asked = new Map<string, number>();
  /** Only declared names are ever asked for. */
  const unknown = new Set<string>();

  function resolve(name: string): Promise<readonly FoundAddress[]> {
    const known = answers.get(name);
    if (known) return known;
    const answer = ask(name);
    answers.set(name, answer);
    answer.catch(() => answers.delete(name));
    return answer;
  }

  async function ask(name: string): Promise<readonly FoundAddress[]> {
    const times = asked.get(name) ?? 0;
    asked.set(name, times + 1);
    const found =
      times < MOST_LOOKUPS ? await withDeadline({ ms: RESOLVE_MS, what: 'Resolving the name of a portal' }, () => lookup(name)).catch(() => []) : [];
    if (found.length === 0 || found.length > LARGEST_ANSWER) {
      unknown.add(name);
      throw new RcmError('portal_unavailable', `The name ${name} could not be resolved.`);
    }
    unknown.delete(name);
    return found;
  }

  return {
    async of({ host, name, address: declared }) {
      const found = isIP(name) === 0 ? await resolve(name) : [{ address: name, family: isIP(name) }];
      for (const { address } of found) {
        const shown = address === name ? null : address;
        const problem = addressProblem({ host, shown, sort: addressSort(address), declared, portalType: options.portalType });
        if (problem !== null) throw new RcmError('address_refused', `${problem} Nothing was sent there.`);
      }
      return found.slice(0, MOST_ADDRESSES);
    },
    isUnknown: (name) => unknown.has(name),
  };
}

/** For a socket: answers with addresses that were checked, whatever is asked, so that nothing is resolved a second time. */
export function lookupOf(found: readonly FoundAddress[]): LookupFunction {
  return (_name, options, callback) => {
    if (options.all) return void callback(null, [...found]);
    callback(null, found[0]?.address ?? '', found[0]?.family ?? 4);
  };
}
