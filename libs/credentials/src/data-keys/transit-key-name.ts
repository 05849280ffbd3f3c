/**
 * The transit key of one tenant. An id has no dot, so no other environment and organization have this name.
 *
 * @example
 * ```ts
 * // Made once for each tenant by whoever sets up Vault: transit/keys/rcm.prod.hospital-a
 * const path = `transit/keys/${transitKeyName('prod', 'hospital-a')}`;
 * ```
 */
export const transitKeyName = (environment: string, orgId: string): string => `rcm.${environment}.${orgId}`;
