import type { Secret } from '@rcm/telemetry';

/**
 * A copy of an SSM secret in a second region: the version it is a copy of, and the payload. Both in one value, so that they
 * are written in one act and cannot be at odds; and not JSON, so that whoever reads a copy as if it were the secret is refused.
 */
export interface ReplicaCopy {
  /** The first region's version. */
  readonly version: string;
  readonly text: Secret<string>;
}

const HEAD = /^rcm-copy ([0-9]{1,19})\n/;

export const copyText = ({ version, text }: ReplicaCopy): Secret<string> => text.map((payload) => `rcm-copy ${version}\n${payload}`);

/** `null`: this is no copy. */
export function readCopy(stored: Secret<string>): ReplicaCopy | null {
  const version = stored.map((value) => HEAD.exec(value)?.[1] ?? null).reveal();
  return version === null ? null : { version, text: stored.map((value) => value.replace(HEAD, '')) };
}
