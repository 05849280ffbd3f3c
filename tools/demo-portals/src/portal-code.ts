export const portalCodes = ['alpine', 'borealis', 'cascade'] as const;

export type PortalCode = (typeof portalCodes)[number];
