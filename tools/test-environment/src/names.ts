/** The environment in every path, and the one organization. */
export const ENVIRONMENT = 'test';
export const ORGANIZATION = 'hospital-one';
