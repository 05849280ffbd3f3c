/** The right to use (`shared`) or to change (`exclusive`) a login until it expires. */
export interface Lease {
  readonly id: string;
  readonly loginIdentity: string;
  readonly kind: 'shared' | 'exclusive';
  /** Grows with every lease ever given: a later holder always has the higher one. */
  readonly fence: bigint;
  readonly expiresAt: Date;
  /** The endpoint's as of the grant: what a reader must use. */
  readonly currentVersion: string | null;
  readonly secretArn: string | null;
}

/**
 * `in_use`: shared leases live (exclusive only). `exclusive_held`: somebody changes the login now. `exclusive_wanted`: somebody
 * waits to. `rotation_open`: what the portal accepts is uncertain until the attempt goes on. `blocked`: a person must decide.
 */
export type LeaseRefusal = 'in_use' | 'exclusive_held' | 'exclusive_wanted' | 'rotation_open' | 'blocked';

export type LeaseAnswer = { readonly granted: true; readonly lease: Lease } | { readonly granted: false; readonly reason: LeaseRefusal };

export interface LeaseRequest {
  readonly endpointId: string;
  readonly orgId: string;
  /** Who asks, unique among live processes; shown to people. */
  readonly holder: string;
  /** How long the lease lives without being renewed. */
  readonly ttlMs: number;
}
