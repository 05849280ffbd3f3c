import type { AuditLine } from '@rcm/audit/verify-audit';
import { chainsText, evidenceOf, type Evidence, provenOf, provenOrgs, recomputed, type Trail } from '../trail.ts';
import type { Random } from '../random.ts';
import { onChains, onLines, type Tampering } from './tampering.ts';

type Field = 'actor' | 'action' | 'subject' | 'reason' | 'details' | 'at';
const FIELDS: readonly Field[] = ['actor', 'action', 'subject', 'reason', 'details', 'at'];

/** The same chains, one of them replaced; without it where it has no event. */
function withChain(trail: Trail, org: string, events: readonly AuditLine[]): Evidence {
  const chains = new Map(trail.chains);
  if (events.length > 0) chains.set(org, events);
  else chains.delete(org);
  return { ...evidenceOf(trail), export: chainsText(chains) };
}

/** A chain with a head, and a place in it that the head covers. */
interface Covered {
  readonly org: string;
  readonly events: readonly AuditLine[];
  readonly proven: number;
  readonly at: number;
}

function covered(trail: Trail, random: Random): Covered {
  const org = random.pick(provenOrgs(trail));
  const proven = provenOf(trail, org);
  return { org, events: trail.chains.get(org) ?? [], proven, at: random.int(proven) };
}

function otherValue(event: AuditLine, field: Field, random: Random): string {
  if (field === 'at') return event.at.replace(/\d{6}Z$/, `${String((Number(event.at.slice(-7, -1)) + 1 + random.int(999_998)) % 1_000_000).padStart(6, '0')}Z`);
  if (field === 'details') return `{"changed": "${random.hex(6)}"}`;
  return random.pick([`person:jane-${random.hex(4)}`, `${event[field]} `, event[field].slice(1) + random.hex(3), random.hex(8)]);
}

const changed = (event: AuditLine, field: Field, random: Random): AuditLine => ({ ...event, [field]: otherValue(event, field, random) });
const replaced = (events: readonly AuditLine[], at: number, ...by: AuditLine[]): AuditLine[] => [...events.slice(0, at), ...by, ...events.slice(at + 1)];

/** A place that any chain has, covered or not. */
function anywhere(trail: Trail, random: Random): { readonly org: string; readonly events: readonly AuditLine[]; readonly at: number } {
  const org = random.pick([...trail.chains.keys()]);
  const events = trail.chains.get(org) ?? [];
  return { org, events, at: random.int(events.length) };
}

/** What becomes of a covered chain whose every number and hash is then made to fit; `null` where nothing would be seen. */
type Edit = (covered: Covered, random: Random) => readonly AuditLine[] | null;

const rewritten = (name: string, named: Tampering['named'], edit: Edit): Tampering => ({
  name,
  named,
  act(trail, random) {
    const chain = covered(trail, random);
    const events = edit(chain, random);
    return events && withChain(trail, chain.org, recomputed(events));
  },
});

export const OF_EVENTS: readonly Tampering[] = [
  ...FIELDS.map((field): Tampering => ({
    name: `edit of ${field}, hash left`,
    named: ['event_changed'],
    act(trail, random) {
      const { org, events, at } = anywhere(trail, random);
      return withChain(trail, org, replaced(events, at, changed(events[at] as AuditLine, field, random)));
    },
  })),
  {
    name: 'forged actor with the event’s hash made to fit',
    named: ['link_broken', 'chain_rewritten'],
    act(trail, random) {
      const { org, events, at } = covered(trail, random);
      const forged = recomputed(replaced(events, at, changed(events[at] as AuditLine, 'actor', random)));
      return withChain(trail, org, replaced(events, at, forged[at] as AuditLine));
    },
  },
  rewritten('forged actor with every hash from there on made to fit', ['chain_rewritten'], ({ events, at }, random) =>
    replaced(events, at, changed(events[at] as AuditLine, 'actor', random)),
  ),
  rewritten('edit of any field with every hash from there on made to fit', ['chain_rewritten'], ({ events, at }, random) =>
    replaced(events, at, changed(events[at] as AuditLine, random.pick(FIELDS), random)),
  ),
  {
    name: 'edit of a hash or a link',
    named: ['event_changed'],
    act(trail, random) {
      const { org, events, at } = anywhere(trail, random);
      return withChain(trail, org, replaced(events, at, { ...(events[at] as AuditLine), [random.pick(['hash', 'previous_hash'])]: random.hex(64) }));
    },
  },
  rewritten('whole chain written anew, invented events and right hashes', ['chain_rewritten', 'chain_cut'], ({ events, proven }, random) => {
    const length = proven + random.int(5) - 2;
    if (length < 1) return null;
    return Array.from({ length }, () => changed(changed(random.pick(events), 'reason', random), 'actor', random));
  }),
  rewritten('two actors exchanged, every hash made to fit', ['chain_rewritten'], ({ events, proven, at }, random) => {
    const [a, b] = [events[at] as AuditLine, events[random.int(proven)] as AuditLine];
    if (a.actor === b.actor) return null;
    return events.map((event) => (event === a ? { ...a, actor: b.actor } : event === b ? { ...b, actor: a.actor } : event));
  }),
  {
    name: 'events deleted',
    named: ['events_missing', 'chain_cut'],
    act(trail, random) {
      const { org, events, at } = covered(trail, random);
      const count = 1 + random.int(Math.min(4, events.length - 1 || 1));
      if (events.length <= count) return null;
      return withChain(trail, org, [...events.slice(0, at), ...events.slice(at + count)]);
    },
  },
  {
    name: 'events after the last head deleted from between others',
    named: ['events_missing'],
    act(trail, random) {
      const org = random.pick([...trail.chains.keys()]);
      const [events, proven] = [trail.chains.get(org) ?? [], provenOf(trail, org)];
      if (events.length < proven + 2) return null;
      const at = proven + random.int(events.length - proven - 1);
      return withChain(trail, org, [...events.slice(0, at), ...events.slice(at + 1)]);
    },
  },
  rewritten('events deleted, every number and hash made to fit', ['chain_rewritten', 'chain_cut'], ({ events, at }, random) => {
    const rest = [...events.slice(0, at), ...events.slice(at + 1 + random.int(3))];
    return rest.length === 0 ? null : rest;
  }),
  {
    name: 'an event put in, linked to the one before',
    named: ['out_of_order'],
    act(trail, random) {
      const { org, events, at } = anywhere(trail, random);
      const forged = recomputed([...events.slice(0, at), changed(random.pick(events), 'actor', random)])[at] as AuditLine;
      return withChain(trail, org, [...events.slice(0, at), forged, ...events.slice(at)]);
    },
  },
  rewritten('an event put in, every number and hash made to fit', ['chain_rewritten'], ({ events, at }, random) => [
    ...events.slice(0, at),
    changed(random.pick(events), 'subject', random),
    ...events.slice(at),
  ]),
  onLines('a line repeated elsewhere', ['out_of_order', 'events_missing'], (events, random) => {
    const at = random.int(events.length);
    // Behind all others it would be what a chain may begin with, or go on with.
    return [...events.slice(0, at), random.pick(events), ...events.slice(at)];
  }),
  onChains('events moved to another organization, both chains made to fit', ['chain_rewritten', 'chain_cut'], (chains, random, trail) => {
    const { org, events, at } = covered(trail, random);
    const other = random.pick([...chains.keys()].filter((each) => each !== org));
    const [left, taken] = [[...events.slice(0, at), ...events.slice(at + 1)], chains.get(other) ?? []];
    return left.length === 0 ? null : chains.set(org, recomputed(left)).set(other, recomputed([...taken, events[at] as AuditLine], other));
  }),
];
