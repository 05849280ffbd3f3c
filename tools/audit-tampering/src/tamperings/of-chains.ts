import type { AuditLine } from '@rcm/audit/verify-audit';
import { chainsText, eventsOf, linesText, provenOf, provenOrgs, recomputed } from '../trail.ts';
import { onChains, onExport, onLines, type Tampering } from './tampering.ts';

const NEWLINE = 10;

export const OF_CHAINS: readonly Tampering[] = [
  onChains('tail cut', ['chain_cut'], (chains, random, trail) => {
    const org = random.pick(provenOrgs(trail));
    const proven = provenOf(trail, org);
    return proven < 2 ? null : chains.set(org, (chains.get(org) ?? []).slice(0, 1 + random.int(proven - 1)));
  }),
  onChains('every chain taken back to an earlier head', ['chain_cut'], (chains, random, trail) => {
    const longer = provenOrgs(trail).filter((org) => trail.heads.some((head) => head.org === org && head.count < provenOf(trail, org)));
    for (const org of longer) {
      const counts = trail.heads.filter((head) => head.org === org && head.count < provenOf(trail, org)).map(({ count }) => count);
      chains.set(org, (chains.get(org) ?? []).slice(0, random.pick(counts)));
    }
    return longer.length === 0 ? null : chains;
  }),
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
  onChains('whole chain deleted', ['chain_missing'], (chains, random, trail) => {
    chains.delete(random.pick(provenOrgs(trail)));
    return chains;
  }),
  onExport('everything deleted', ['chain_missing'], () => Buffer.alloc(0)),
  onChains('an organization renamed, every hash made to fit', ['chain_missing'], (chains, random, trail) => {
    const org = random.pick(provenOrgs(trail));
    const name = `${org}-${random.hex(4)}`;
    chains.set(name, recomputed(chains.get(org) ?? [], name)).delete(org);
    return chains;
  }),
  onLines('two lines exchanged', ['out_of_order', 'events_missing'], (events, random) => {
    const [a, b] = [random.int(events.length), random.int(events.length)];
    [events[a], events[b]] = [events[b] as AuditLine, events[a] as AuditLine];
    return a === b ? null : events;
  }),
  onLines('a line moved', ['out_of_order', 'events_missing'], (events, random) => {
    const [from, to] = [random.int(events.length), random.int(events.length)];
    events.splice(to, 0, ...events.splice(from, 1));
    return from === to ? null : events;
  }),
  onLines('chains in another order', ['out_of_order'], (_, random, { chains }) => {
    const orgs = [...chains.keys()].sort();
    const other = random.shuffled(orgs);
    return other.join() === orgs.join() ? null : other.flatMap((org) => chains.get(org) ?? []);
  }),
  onExport('export cut inside a line', ['line_damaged'], (whole, random) => {
    // Also where nothing but the newline of the last line is gone.
    const end = random.int(4) === 0 ? whole.length - 1 : 1 + random.int(whole.length - 1);
    return whole[end - 1] === NEWLINE ? null : whole.subarray(0, end);
  }),
  onLines('export cut between two lines, before a head', ['chain_cut', 'chain_missing'], (events, random, trail) => {
    const left = events.slice(0, random.int(events.length));
    const isSeen = provenOrgs(trail).some((org) => left.filter((event) => event.org_id === org).length < provenOf(trail, org));
    return isSeen ? left : null;
  }),
  onExport('one bit of the export turned', 'anything', (bytes, random) => {
    const at = random.int(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.int(8));
    return bytes;
  }),
  onExport('bytes that are no UTF-8, where a reader shows the same character', ['line_damaged'], (whole, random) => {
    const places = [...whole.toString('latin1').matchAll(/\xef\xbf\xbd/g)].map(({ index }) => index);
    if (places.length === 0) return null;
    const at = random.pick(places);
    return Buffer.concat([whole.subarray(0, at), Buffer.from([0xff]), whole.subarray(at + 3)]);
  }),
  onExport('a line that two readers read differently', ['line_damaged'], (_, random, trail) => {
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
    return Buffer.from(`${lines.join('\n')}\n`);
  }),
];
