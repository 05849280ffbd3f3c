import { RcmError } from '@rcm/telemetry';
import type { RefusalCode } from './credential-cache.ts';

export const REFUSED_BEFORE: Readonly<Record<RefusalCode, string>> = {
  secret_missing: 'The secret was not in its store a moment ago.',
  store_denied: 'The store refused to give the secret a moment ago.',
};

export const notYours = (): RcmError => new RcmError('reference_not_yours', "The secret reference is not the asking organization's.");

export const notTheVersion = (asked: string | null): RcmError =>
  new RcmError(
    'store_unavailable',
    asked === null
      ? "The store's first region does not answer, and without a version nobody can say whether the second one's copy is current."
      : "The store's first region does not answer, and the second one's copy is not at the current version.",
  );
