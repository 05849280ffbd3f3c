import { createPublicKey } from 'node:crypto';
import { keyId, TORN, type AuditLine } from '@rcm/audit/verify-audit';
import type { Random } from './random.ts';
import { chainsText, digestOf, evidenceOf, type Evidence, linesText, provenOf, recomputed, signedHead, type Trail } from './trail.ts';

/** Appended as the database would have. */
const grown = (events: readonly AuditLine[], orgId: string, by: number, random: Random): AuditLine[] => {
  const sample = {
    org_id: orgId,
    seq: 0,
    at: '2026-12-01T08:00:00.000000Z',
    actor: 'a',
    action: 'b',
    subject: 'c',
    reason: '',
    details: '{}',
    previous_hash: '',
    hash: '',
  };
  return recomputed([...events, ...Array.from({ length: by }, () => ({ ...sample, reason: random.hex(6) }))]);
};

interface Untouched {
  readonly name: string;
  make(trail: Trail, random: Random): Evidence;
}

/** What an honest deployment may hand over: in none of these is anything wrong. */
export const UNTOUCHED: readonly Untouched[] = [
  { name: 'as it is, with events after the last head', make: evidenceOf },
  {
    name: 'some of the heads alone',
    make(trail, random) {
      const some = trail.heads.filter(() => random.int(2) === 0);
      return { ...evidenceOf(trail), heads: [linesText(some.length > 0 ? some : trail.heads.slice(0, 1))] };
    },
  },
  {
    name: 'heads in any order, repeated, in several files',
    make: (trail, random) => ({
      ...evidenceOf(trail),
      heads: [linesText(random.shuffled([...trail.heads, ...trail.heads])), linesText(trail.heads.slice(random.int(trail.heads.length)))],
    }),
  },
  {
    name: 'export that is larger than the heads: chains grown, organizations new',
    make(trail, random) {
      const chains = new Map([...trail.chains].map(([org, events]) => [org, grown(events, org, random.int(4), random)] as const));
      chains.set(`new-${random.hex(4)}`, grown([], `new-${random.hex(4)}`, 1 + random.int(3), random));
      return { ...evidenceOf(trail), export: chainsText(renamed(chains)) };
    },
  },
  {
    name: 'export taken between the last head and now',
    make(trail, random) {
      const chains = new Map<string, readonly AuditLine[]>();
      for (const [org, events] of trail.chains) {
        const proven = provenOf(trail, org);
        chains.set(org, events.slice(0, proven + random.int(events.length - proven + 1)));
      }
      return { ...evidenceOf(trail), export: chainsText(chains) };
    },
  },
  {
    name: 'export of one organization',
    make(trail, random) {
      const org = random.pick(trail.heads).org;
      return { ...evidenceOf(trail), export: linesText(trail.chains.get(org) ?? []), orgs: [org] };
    },
  },
  {
    name: 'heads of a writer that died while it wrote',
    make(trail, random) {
      const [line, end] = [JSON.stringify(random.pick(trail.heads)), linesText(trail.heads)];
      const torn = line.slice(0, 1 + random.int(line.length - 1));
      return { ...evidenceOf(trail), heads: [random.pick([Buffer.concat([end, Buffer.from(torn)]), Buffer.concat([Buffer.from(`${torn}${TORN}\n`), end])])] };
    },
  },
  {
    name: 'a clock that went back between two heads, and a second writer',
    make(trail, random) {
      const org = random.pick(trail.heads).org;
      const events = trail.chains.get(org) ?? [];
      const [event, id] = [random.pick(events), keyId(createPublicKey(trail.publicKey))];
      const head = signedHead({ org, count: event.seq, hash: event.hash, at: '2001-01-01T00:00:00.000000Z' }, trail.signingKey, id);
      return { ...evidenceOf(trail), heads: [linesText([...trail.heads, head])] };
    },
  },
];

/** Under the name that their events have. */
const renamed = (chains: ReadonlyMap<string, readonly AuditLine[]>): Map<string, readonly AuditLine[]> =>
  new Map([...chains.values()].map((events) => [events[0]?.org_id ?? digestOf('none'), events] as const));
