import { hasCode } from '@rcm/telemetry';

/** It lies in a place that this deployment has no more (`RCM_STORE_PLACES`), or in a store that it does not use: nobody reads it, and nobody types it. */
export const isOfNoPlace = (error: unknown): boolean => hasCode(error, 'reference_not_yours') || hasCode(error, 'reference_invalid');
