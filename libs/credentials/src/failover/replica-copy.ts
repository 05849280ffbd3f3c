import { type Secret } from '@rcm/telemetry';
import { invalidPayload } from '../refusal.ts';

/**
 * A copy of an SSM secret in a second region: the payload, and the version it is a copy of as one more field in front. Both in one
 * value, so that they are written in one act and cannot be at odds. Nothing else of the text is touched.
 */
export interface ReplicaCopy {
  /** The first region's version. */
  readonly version: string;
  readonly text: Secret<string>;
}

const FIELD = 'rcm_copy_of';
/** A payload has at least two fields, so a comma follows. */
const BEGINNING = /^\s*\{(?=\s*")/;
const COPY = new RegExp(`^\\{"${FIELD}":"([0-9]{1,19})",`);

/** Fails with `payload_invalid` for a text that is no JSON object with fields. */
export const copyText = ({ version, text }: ReplicaCopy): Secret<string> =>
  text.map((payload) => {
    if (!BEGINNING.test(payload)) throw invalidPayload('not_an_object', 'The secret is no credential payload and is not copied to the second region.');
    return payload.replace(BEGINNING, `{"${FIELD}":"${version}",`);
  });

/** `null`: this is no copy. */
export function readCopy(stored: Secret<string>): ReplicaCopy | null {
  const version = stored.map((value) => COPY.exec(value)?.[1] ?? null).reveal();
  return version === null ? null : { version, text: stored.map((value) => value.replace(COPY, '{')) };
}
