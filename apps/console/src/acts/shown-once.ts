import { z } from 'zod';

/** What a rotator has sealed: names and values as they may be shown, and what is to be said beside them. */
export const shown = z.strictObject({
  login: z.string(),
  portal: z.string(),
  address: z.string(),
  reason: z.string(),
  approvedBy: z.string().nullable(),
  until: z.iso.datetime(),
  rotation: z.string().nullable(),
  fields: z.array(z.tuple([z.string(), z.string()])),
});

export type Shown = z.infer<typeof shown>;
