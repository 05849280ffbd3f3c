import { type NewPlace, placeKey } from '@rcm/credentials';
import type { Pacer } from './pacer.ts';

/** The pacers of every place that is called: an account in a region counts its own calls, whatever another's are. */
export interface Paces {
  reads(place: NewPlace): Pacer;
  writes(place: NewPlace): Pacer;
}

export function createPaces(create: (place: NewPlace, kind: 'read' | 'write') => Pacer): Paces {
  const made = new Map<string, Pacer>();
  const of = (kind: 'read' | 'write', place: NewPlace): Pacer => {
    const key = `${kind} ${placeKey(place)}`;
    const pacer = made.get(key) ?? create(place, kind);
    made.set(key, pacer);
    return pacer;
  };
  return { reads: (place) => of('read', place), writes: (place) => of('write', place) };
}
