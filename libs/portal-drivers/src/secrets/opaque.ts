/** Why nobody can tell what a packed file holds. */
export type Opaque = 'too_large' | 'damaged' | 'unknown_packing';
