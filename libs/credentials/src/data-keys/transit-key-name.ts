/** The transit key of one tenant. An id has no dot, so no other environment and organization have this name. */
export const transitKeyName = (environment: string, orgId: string): string => `rcm.${environment}.${orgId}`;
