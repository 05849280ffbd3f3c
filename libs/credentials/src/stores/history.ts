import { hasCode } from '@rcm/telemetry';

/** Versions in a row without a text of ours that a look back steps over: nobody saves as many by mistake. */
const MOST_STEPPED_OVER = 10;

/**
 * The first of these earlier versions that holds a text of ours. One that holds none, as a person may have saved by hand, is as one that is not there: it is
 * stepped over, so that it stops nobody who looks back. `null`: there is none, or the store keeps them no further.
 */
export async function firstOfOurs<Version, Found>(versions: readonly Version[], read: (version: Version) => Promise<Found | null>): Promise<Found | null> {
  for (const version of versions.slice(0, MOST_STEPPED_OVER)) {
    try {
      return await read(version);
    } catch (error) {
      if (!hasCode(error, 'payload_invalid')) throw error;
    }
  }
  return null;
}

const NUMBER = /^[1-9][0-9]{0,9}$/;

/** Of a store that numbers its versions, the number that this names; none, where it was never one of its. */
export const numbered = (version: string): readonly number[] => (NUMBER.test(version) ? [Number(version)] : []);

/** Of a store that numbers its versions, those before this one, the latest first. */
export const numbersBefore = (version: string): readonly number[] =>
  numbered(version).flatMap((number) => Array.from({ length: Math.min(MOST_STEPPED_OVER, number - 1) }, (_, back) => number - 1 - back));
