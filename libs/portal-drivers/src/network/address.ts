import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Where a portal's host may lie, as its portal type says. Nothing allows the rest of the address space. */
export const hostAddresses = ['public', 'private', 'loopback'] as const;
export type HostAddress = (typeof hostAddresses)[number];

/** What an address is: where it lies, or `never` for one that no portal type can allow; and that in words. */
export interface AddressSort {
  readonly kind: HostAddress | 'never';
  readonly words: string;
}

/** `first match counts`; from IANA's special-purpose registries, and the clouds' own manuals for the places of metadata. */
const SORTS: readonly (AddressSort & { readonly nets: readonly string[] })[] = [
  {
    kind: 'never',
    words: "an address of the cloud's own services (metadata)",
    nets: ['169.254.169.254/32', '169.254.170.0/24', '100.100.100.200/32', '168.63.129.16/32', 'fd00:ec2::/32', 'fd20:ce::/64'],
  },
  { kind: 'loopback', words: 'a loopback address', nets: ['127.0.0.0/8', '::1/128'] },
  {
    kind: 'private',
    words: 'an address of a private network',
    nets: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
  },
  { kind: 'never', words: 'a link-local address', nets: ['169.254.0.0/16', 'fe80::/10'] },
  { kind: 'never', words: 'a multicast address', nets: ['224.0.0.0/4', 'ff00::/8'] },
  { kind: 'never', words: 'no address of a host', nets: ['0.0.0.0/8', '255.255.255.255/32', '::/128'] },
  {
    kind: 'never',
    words: 'a reserved address',
    nets: ['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4'],
  },
  // Open to the world, yet of no portal: AS112 answers for the names of private addresses, AMT relays multicast.
  { kind: 'never', words: 'a reserved address', nets: ['192.31.196.0/24', '192.52.193.0/24', '192.175.48.0/24', '2620:4f:8000::/48'] },
  // Teredo, ORCHID and benchmarks; documentation; 6to4, whose inner address could be any.
  { kind: 'never', words: 'a reserved address', nets: ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'] },
  { kind: 'public', words: 'a public address', nets: ['0.0.0.0/0', '2000::/3'] },
];

const LISTS = SORTS.map(({ nets, ...sort }) => ({ sort, list: listOf(nets) }));
const ELSE: AddressSort = { kind: 'never', words: 'a reserved address' };
const NO_ADDRESS: AddressSort = { kind: 'never', words: 'no address' };

/**
 * The one decision on an address, IPv4 or IPv6 as a resolver or a URL writes it. An IPv4 address inside an IPv6 one counts as
 * itself where it is reached as itself (mapped, `::ffff:0:0/96`); behind NAT64 (`64:ff9b::/96`) only a public one is let pass.
 */
export function addressSort(address: string): AddressSort {
  if (isIPv4(address)) return sortOf(address, 'ipv4');
  // A zone (`fe80::1%eth0`) belongs to link-local addresses only.
  if (!isIPv6(address) || address.includes('%')) return NO_ADDRESS;
  const parts = hextets(address);
  const inner = innerAddress(parts);
  if (startsWith(parts, MAPPED)) return sortOf(inner, 'ipv4');
  if (!startsWith(parts, NAT64)) return sortOf(address, 'ipv6');
  const behind = sortOf(inner, 'ipv4');
  return behind.kind === 'public' ? behind : { kind: 'never', words: `${behind.words} behind NAT64` };
}

const MAPPED = [0, 0, 0, 0, 0, 0xffff];
const NAT64 = [0x64, 0xff9b, 0, 0, 0, 0];

const sortOf = (address: string, family: 'ipv4' | 'ipv6'): AddressSort => LISTS.find(({ list }) => list.check(address, family))?.sort ?? ELSE;

function listOf(nets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address = '', bits] = net.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** The eight numbers of an IPv6 address, however it is written. */
function hextets(address: string): readonly number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const numbers = (text: string): number[] => (text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16)));
  if (tail === undefined) return numbers(head);
  const [first, last] = [numbers(head), numbers(tail)];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}

const startsWith = (parts: readonly number[], start: readonly number[]): boolean => start.every((part, index) => parts[index] === part);

function innerAddress(parts: readonly number[]): string {
  const [high = 0, low = 0] = parts.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
