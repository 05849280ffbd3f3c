import { Secret } from '@rcm/telemetry';
import type { Item } from './item.ts';

export const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** One login of an export, with all that a mapping may want of it. */
export const item = (more: Partial<Item> = {}): Item => ({
  ...{ place: 1, title: 'Alpine – Dr. Müller', folder: 'North', addresses: ['https://portal.alpine.example/login'] },
  ...{ username: new Secret('north'), password: new Secret('p1'), oneTimeCodes: new Secret(SEED), fields: new Map([['Member number', new Secret('77')]]) },
  ...more,
});
