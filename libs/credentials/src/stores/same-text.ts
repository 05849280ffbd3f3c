import type { Secret } from '@rcm/telemetry';

/** Whether two stored texts are the same, byte for byte: then a create or replace that is repeated has nothing left to do. */
export const isSameText = (one: Secret<string>, other: Secret<string>): boolean => one.reveal() === other.reveal();
