import { z } from 'zod';

/** How a process gives its metrics to CloudWatch (a zod raw shape). */
export const metricsEnvironment = {
  /** Pause between two lines of the embedded metric format on stdout, in ms; 0: none is written. */
  RCM_EMBEDDED_METRICS_MS: z.coerce.number().int().min(0).max(3_600_000).default(0),
};
