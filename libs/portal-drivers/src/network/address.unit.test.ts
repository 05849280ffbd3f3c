import { isLongForm } from '@rcm/test-services';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { addressSort } from './address.ts';

describe('addressSort', () => {
  it.each<[string, ReturnType<typeof addressSort>['kind'], string]>([
    ['93.184.216.34', 'public', 'public'],
    ['1.1.1.1', 'public', 'public'],
    ['172.15.255.255', 'public', 'public'],
    ['172.32.0.0', 'public', 'public'],
    ['2606:2800:220:1:248:1893:25c8:1946', 'public', 'public'],
    ['10.0.0.0', 'private', 'private'],
    ['10.255.255.255', 'private', 'private'],
    ['172.16.0.1', 'private', 'private'],
    ['172.31.255.255', 'private', 'private'],
    ['192.168.1.1', 'private', 'private'],
    ['100.64.0.1', 'private', 'private'],
    ['100.127.255.255', 'private', 'private'],
    ['fd12:3456::1', 'private', 'private'],
    ['fc00::1', 'private', 'private'],
    ['127.0.0.1', 'loopback', 'loopback'],
    ['127.255.255.254', 'loopback', 'loopback'],
    ['::1', 'loopback', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback', 'loopback'],
    ['::FFFF:7f00:1', 'loopback', 'loopback'],
    ['::ffff:10.1.2.3', 'private', 'private'],
    ['::ffff:93.184.216.34', 'public', 'public'],
    ['0.0.0.0', 'never', 'no address of a host'],
    ['0.255.255.255', 'never', 'no address of a host'],
    ['::', 'never', 'no address of a host'],
    ['255.255.255.255', 'never', 'no address of a host'],
    ['169.254.0.1', 'never', 'link-local'],
    ['fe80::1', 'never', 'link-local'],
    ['febf::1', 'never', 'link-local'],
    ['fe80::1%eth0', 'never', 'no address'],
    ['169.254.169.254', 'never', 'metadata'],
    ['::ffff:169.254.169.254', 'never', 'metadata'],
    ['169.254.170.2', 'never', 'metadata'],
    ['100.100.100.200', 'never', 'metadata'],
    ['168.63.129.16', 'never', 'metadata'],
    ['fd00:ec2::254', 'never', 'metadata'],
    ['192.0.0.1', 'never', 'reserved'],
    ['192.0.2.1', 'never', 'reserved'],
    ['198.18.0.1', 'never', 'reserved'],
    ['198.19.255.255', 'never', 'reserved'],
    ['198.51.100.7', 'never', 'reserved'],
    ['203.0.113.7', 'never', 'reserved'],
    ['240.0.0.1', 'never', 'reserved'],
    ['224.0.0.1', 'never', 'multicast'],
    ['239.255.255.250', 'never', 'multicast'],
    ['ff02::1', 'never', 'multicast'],
    ['2002:7f00:1::1', 'never', 'reserved'],
    ['2002:a00:1::1', 'never', 'reserved'],
    ['2001:db8::1', 'never', 'reserved'],
    ['2001::1', 'never', 'reserved'],
    ['::7f00:1', 'never', 'reserved'],
    ['::ffff:0:7f00:1', 'never', 'reserved'],
    ['fec0::1', 'never', 'reserved'],
    ['64:ff9b::5db8:d822', 'public', 'public'],
    ['64:ff9b::7f00:1', 'never', 'loopback address behind NAT64'],
    ['64:ff9b::a9fe:a9fe', 'never', 'behind NAT64'],
    ['64:ff9b:1::1', 'never', 'reserved'],
    ['127.1', 'never', 'no address'],
    ['2130706433', 'never', 'no address'],
    ['portal.example', 'never', 'no address'],
    ['', 'never', 'no address'],
  ])('%s is %s', (address, kind, words) => {
    const sort = addressSort(address);
    expect([sort.kind, sort.words]).toEqual([kind, expect.stringContaining(words)]);
  });
});

/** What the ranges of ipaddr.js, which reads addresses by itself, come to. Unknown names are a test that fails. */
const ORACLE: Readonly<Record<string, string>> = {
  unicast: 'public',
  private: 'private',
  carrierGradeNat: 'private',
  uniqueLocal: 'private',
  loopback: 'loopback',
  ...Object.fromEntries(
    [
      ...['unspecified', 'broadcast', 'multicast', 'linkLocal', 'reserved', 'as112', 'amt', 'discard', 'rfc6145', '6to4', 'teredo', 'benchmarking'],
      ...['as112v6', 'deprecatedSiteLocal', 'deprecatedOrchid', 'orchid2', 'droneRemoteIdProtocolEntityTags', 'segmentRouting'],
    ].map((range) => [range, 'never']),
  ),
};

function oracle(address: string): string {
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6) {
    if (parsed.isIPv4MappedAddress()) return oracle(parsed.toIPv4Address().toString());
    if (parsed.range() === 'rfc6052') {
      const inner = oracle(parsed.toByteArray().slice(12).join('.'));
      return inner === 'public' ? 'public' : 'never';
    }
    // IANA has given out this part of the space alone; ipaddr.js calls the rest unicast, too.
    if (parsed.range() === 'unicast' && !parsed.match(ipaddr.IPv6.parseCIDR('2000::/3'))) return 'never';
  }
  return ORACLE[parsed.range()] ?? `unknown range ${parsed.range()}`;
}

/** Where we are stricter than the oracle: the clouds' own addresses, and blocks for protocols and benchmarks that no portal lies in. */
const STRICTER = ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.0/24']
  .map((net) => ipaddr.parseCIDR(net))
  .concat(['fd00:ec2::/32', 'fd20:ce::/64', '2001::/23', '3fff::/20'].map((net) => ipaddr.parseCIDR(net)));

const isExcepted = (address: string): boolean => {
  const parsed = ipaddr.process(address);
  const seen = parsed instanceof ipaddr.IPv6 && parsed.range() === 'rfc6052' ? ipaddr.IPv4.parse(parsed.toByteArray().slice(12).join('.')) : parsed;
  return STRICTER.some(([net, bits]) => net.kind() === seen.kind() && seen.match(net, bits));
};

const ipv4 = fc.oneof(
  fc.ipV4(),
  fc
    .tuple(
      fc.constantFrom(
        '0',
        '10',
        '100.64',
        '100.127',
        '127',
        '169.254',
        '172.15',
        '172.16',
        '172.31',
        '172.32',
        '192.0.0',
        '192.168',
        '198.18',
        '198.19',
        '224',
        '240',
        '255.255',
      ),
      fc.array(fc.nat(255), { minLength: 3, maxLength: 3 }),
    )
    .map(([start, rest]) => [...start.split('.'), ...rest].slice(0, 4).join('.')),
);
const hex = fc.nat(0xffff).map((part) => part.toString(16));
const ipv6 = fc.oneof(
  // ipaddr.js reads `::1.2.3.4` as if it were mapped, which no socket does.
  fc.ipV6().filter((address) => !/^::\d+\.\d+\./.test(address)),
  fc
    .tuple(
      fc.constantFrom(
        '::',
        '::ffff:',
        '64:ff9b::',
        '2002:',
        'fe80:',
        'febf:',
        'fec0:',
        'fc00:',
        'fdff:',
        'ff02:',
        '2001:',
        '2001:db8:',
        '2600:',
        '3ffe:',
        '4000:',
      ),
      hex,
      hex,
    )
    .map(([start, one, other]) => (start.includes('::') ? `${start}${one}:${other}` : `${start}${one}::${other}`)),
  ipv4.map((inner) => `::ffff:${inner}`),
);

type Net = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The ranges that the oracle has a name for, as it keeps them (a name has one or a list); its types leave them out. */
function rangesOf(family: typeof ipaddr.IPv4 | typeof ipaddr.IPv6): readonly string[] {
  const named = Object.values((family.prototype as unknown as { SpecialRanges: Record<string, Net | readonly Net[]> }).SpecialRanges);
  const nets = named.flatMap((range) => (Array.isArray(range[0]) ? (range as readonly Net[]) : [range as Net]));
  return nets.map(([net, bits]) => `${net.toString()}/${String(bits)}`);
}

/** The first and the last address of each of them: what a generator meets by luck alone. */
const EDGES = [ipaddr.IPv4, ipaddr.IPv6].flatMap((family) =>
  rangesOf(family).map((net) => [net, family.networkAddressFromCIDR(net).toString(), family.broadcastAddressFromCIDR(net).toString()] as const),
);

/** Never less strict than the oracle, and the same but where the table of exceptions says that we are stricter. */
function expectTheSame(address: string): void {
  const kind = addressSort(address).kind;
  if (isExcepted(address)) expect(['never', oracle(address)], address).toContain(kind);
  else expect(kind, address).toBe(oracle(address));
}

describe('addressSort against an implementation that is not ours', () => {
  it.each(EDGES)('says the same at both ends of %s', (_net, first, last) => {
    expectTheSame(first);
    expectTheSame(last);
  });

  it.each([
    ['IPv4', ipv4],
    ['IPv6', ipv6],
  ])('says the same of every %s address', (_family, addresses) => {
    fc.assert(
      fc.property(addresses, (address) => {
        expectTheSame(address);
      }),
      { numRuns: isLongForm() ? 20_000 : 4_000 },
    );
  });
});
