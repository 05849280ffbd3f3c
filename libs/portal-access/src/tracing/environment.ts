import { isProtected } from '@rcm/telemetry';
import { z } from 'zod';

/** What traces read from the environment (a zod raw shape). */
export const tracingEnvironment = {
  /** Where spans are sent, as OTLP by HTTP, such as `https://collector.example/v1/traces`. Unset: none are made, and nothing of OpenTelemetry is loaded. */
  RCM_TRACES_URL: z.url().refine(isProtected, 'must be https, or http on this machine').optional(),
};
