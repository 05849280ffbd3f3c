import type { FindingKind } from '@rcm/audit/verify-audit';
import type { Random } from '../random.ts';
import { chainsText, type Evidence, evidenceOf, eventsOf, linesText, type Trail } from '../trail.ts';

export interface Tampering {
  readonly name: string;
  /** At least one of these must be named. */
  readonly named: readonly FindingKind[] | 'anything';
  /** `null` where the trail has nothing that it could be done to, or what was drawn changes nothing. */
  act(trail: Trail, random: Random): Evidence | null;
}

/** What becomes of a part of the evidence, which is the tampering's own to change; `null` as in `act`. */
type Edit<P> = (part: P, random: Random, trail: Trail) => P | null;

/** Tamperings with one part of the evidence: how a trail's is had, and how it is handed over; the rest is left as it is. */
const on =
  <P>(partOf: (trail: Trail) => P, handedOver: (part: P) => Partial<Evidence>) =>
  (name: string, named: Tampering['named'], edit: Edit<P>): Tampering => ({
    name,
    named,
    act(trail, random) {
      const edited = edit(partOf(trail), random, trail);
      return edited === null ? null : { ...evidenceOf(trail), ...handedOver(edited) };
    },
  });

export const onChains = on(
  (trail) => new Map(trail.chains),
  (chains) => ({ export: chainsText(chains) }),
);
export const onLines = on(eventsOf, (lines) => ({ export: linesText(lines) }));
export const onExport = on(
  (trail) => Buffer.from(evidenceOf(trail).export),
  (bytes) => ({ export: bytes }),
);
export const onHeads = on(
  (trail) => [...trail.heads],
  (heads) => ({ heads: [linesText(heads)] }),
);
