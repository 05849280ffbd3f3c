import type { AuditLine } from '@rcm/audit/verify-audit';
import { chainsText, evidenceOf, eventsOf, linesText, provenOf, provenOrgs, recomputed } from '../trail.ts';
import type { Tampering } from './tampering.ts';

const NEWLINE = 10;

export const OF_CHAINS: readonly Tampering[] = [
  {
    name: 'tail cut',
    named: ['chain_cut'],
    act(trail, random) {
      const org = random.pick(provenOrgs(trail));
      const proven = provenOf(trail, org);
      if (proven < 2) return null;
      const chains = new Map(trail.chains).set(org, (trail.chains.get(org) ?? []).slice(0, 1 + random.int(proven - 1)));
      return { ...evidenceOf(trail), export: chainsText(chains) };
    },
  },
  {
    name: 'every chain taken back to an earlier head',
    named: ['chain_cut'],
    act(trail, random) {
      const longer = provenOrgs(trail).filter((org) => trail.heads.some((head) => head.org === org && head.count < provenOf(trail, org)));
      if (longer.length === 0) return null;
      const chains = new Map(trail.chains);
      for (const org of longer) {
        const counts = trail.heads.filter((head) => head.org === org && head.count < provenOf(trail, org)).map(({ count }) => count);
        chains.set(org, (trail.chains.get(org) ?? []).slice(0, random.pick(counts)));
      }
      return { ...evidenceOf(trail), export: chainsText(chains) };
    },
  },
  {
    name: 'tail cut, and the newest heads taken out of one of two files',
    named: ['chain_cut'],
    act(trail, random) {
      const org = random.pick(provenOrgs(trail));
      const proven = provenOf(trail, org);
      if (proven < 2) return null;
      const left = 1 + random.int(proven - 1);
      const chains = new Map(trail.chains).set(org, (trail.chains.get(org) ?? []).slice(0, left));
      const poorer = trail.heads.filter((head) => head.org !== org || head.count <= left);
      return { export: chainsText(chains), heads: random.shuffled([linesText(poorer), linesText(trail.heads)]) };
    },
  },
  {
    name: 'whole chain deleted',
    named: ['chain_missing'],
    act(trail, random) {
      const chains = new Map(trail.chains);
      chains.delete(random.pick(provenOrgs(trail)));
      return { ...evidenceOf(trail), export: chainsText(chains) };
    },
  },
  { name: 'everything deleted', named: ['chain_missing'], act: (trail) => ({ ...evidenceOf(trail), export: Buffer.alloc(0) }) },
  {
    name: 'an organization renamed, every hash made to fit',
    named: ['chain_missing'],
    act(trail, random) {
      const org = random.pick(provenOrgs(trail));
      const chains = new Map(trail.chains);
      chains.delete(org);
      const name = `${org}-${random.hex(4)}`;
      chains.set(name, recomputed(trail.chains.get(org) ?? [], name));
      return { ...evidenceOf(trail), export: chainsText(chains) };
    },
  },
  {
    name: 'two lines exchanged',
    named: ['out_of_order', 'events_missing'],
    act(trail, random) {
      const events = eventsOf(trail);
      const [a, b] = [random.int(events.length), random.int(events.length)];
      if (a === b) return null;
      [events[a], events[b]] = [events[b] as AuditLine, events[a] as AuditLine];
      return { ...evidenceOf(trail), export: linesText(events) };
    },
  },
  {
    name: 'a line moved',
    named: ['out_of_order', 'events_missing'],
    act(trail, random) {
      const events = eventsOf(trail);
      const [from, to] = [random.int(events.length), random.int(events.length)];
      if (from === to) return null;
      events.splice(to, 0, ...events.splice(from, 1));
      return { ...evidenceOf(trail), export: linesText(events) };
    },
  },
  {
    name: 'chains in another order',
    named: ['out_of_order'],
    act(trail, random) {
      const orgs = [...trail.chains.keys()].sort();
      const other = random.shuffled(orgs);
      if (other.join() === orgs.join()) return null;
      return { ...evidenceOf(trail), export: linesText(other.flatMap((org) => trail.chains.get(org) ?? [])) };
    },
  },
  {
    name: 'export cut inside a line',
    named: ['line_damaged'],
    act(trail, random) {
      const { export: whole } = evidenceOf(trail);
      // Also where nothing but the newline of the last line is gone.
      const end = random.int(4) === 0 ? whole.length - 1 : 1 + random.int(whole.length - 1);
      return whole[end - 1] === NEWLINE ? null : { ...evidenceOf(trail), export: whole.subarray(0, end) };
    },
  },
  {
    name: 'export cut between two lines, before a head',
    named: ['chain_cut', 'chain_missing'],
    act(trail, random) {
      const events = eventsOf(trail);
      const left = events.slice(0, random.int(events.length));
      const isSeen = provenOrgs(trail).some((org) => left.filter((event) => event.org_id === org).length < provenOf(trail, org));
      return isSeen ? { ...evidenceOf(trail), export: linesText(left) } : null;
    },
  },
  {
    name: 'one bit of the export turned',
    named: 'anything',
    act(trail, random) {
      const bytes = Buffer.from(evidenceOf(trail).export);
      const at = random.int(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
      return { ...evidenceOf(trail), export: bytes };
    },
  },
  {
    name: 'bytes that are no UTF-8, where a reader shows the same character',
    named: ['line_damaged'],
    act(trail, random) {
      const { export: whole } = evidenceOf(trail);
      const places = [...whole.toString('latin1').matchAll(/\xef\xbf\xbd/g)].map(({ index }) => index);
      if (places.length === 0) return null;
      const at = random.pick(places);
      return { ...evidenceOf(trail), export: Buffer.concat([whole.subarray(0, at), Buffer.from([0xff]), whole.subarray(at + 3)]) };
    },
  },
  {
    name: 'a line that two readers read differently',
    named: ['line_damaged'],
    act(trail, random) {
      const lines = eventsOf(trail).map((event) => JSON.stringify(event));
      const at = random.int(lines.length);
      const line = lines[at] ?? '';
      lines[at] = random.pick([
        line.replace('{', '{"actor":"person:jane",'),
        line.replace(/\}$/, ',"actor":"person:jane"}'),
        line.replace(/\}$/, ',"note":"x"}'),
        line.replace('":"', '": "'),
        line.replace('"actor"', '"\\u0061ctor"'),
        JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line) as object).reverse())),
        ` ${line}`,
        `${line}\r`,
        `${line}\n`,
      ]);
      return { ...evidenceOf(trail), export: Buffer.from(`${lines.join('\n')}\n`) };
    },
  },
];
