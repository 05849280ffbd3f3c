import { idSchema } from '@rcm/telemetry';
import { z } from 'zod';
import { environmentSchema } from './schema.ts';
import { checkEnvironment, checkEnvironments } from './together.ts';

/** `infra.yaml`. */
export const configurationSchema = z
  .strictObject({ version: z.literal(1), environments: z.record(idSchema, environmentSchema.superRefine(checkEnvironment)) })
  .superRefine(checkEnvironments);
