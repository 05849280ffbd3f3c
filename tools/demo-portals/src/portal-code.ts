/** Portals that are a site of their own. */
export const portalCodes = ['alpine', 'borealis', 'cascade'] as const;

export type PortalCode = (typeof portalCodes)[number];

/** Wherever there are accounts: at the portals, and at the provider `delta`, which signs people in to several applications. */
export const realmCodes = [...portalCodes, 'delta'] as const;

export type RealmCode = (typeof realmCodes)[number];
